import type { KeyObject } from 'node:crypto'
import { decodeEntry, linesOf, type LedgerEntry } from '../../src/ledger/entries.ts'
import { LedgerVerifier } from '../../src/ledger/verify.ts'
import type { Receipt } from '../../src/protocol/shapes/shop.ts'

/** One request for a purchase and what came of it; a purchase may take several, all with its key. Times are monotonic. */
export interface Attempt {
  readonly user: string
  readonly good: string
  readonly count: number
  readonly key: string
  readonly invokedMs: number
  readonly returnedMs: number
  /** `failed`: for certain, as the server says. */
  readonly outcome: 'ok' | 'refused' | 'failed' | 'unknown'
  readonly code: string
  /** The signature stands for all the rest of it. */
  readonly receipt: Pick<Receipt, 'purchase_id' | 'signature' | 'replayed'> | undefined
}

/** What there was before the first purchase. All goods cost `price` of one currency, all players began with `funds`. */
export interface Shop {
  readonly funds: number
  readonly price: number
  /** Per good; null: unlimited. */
  readonly stock: Readonly<Record<string, number | null>>
}

/** A purchase as the ledger has it. */
interface Bought {
  readonly user: string
  readonly good: string
  readonly count: number
  readonly total: number
  readonly balance: number
  readonly stockLeft: number | null
  readonly signature: string
  readonly revision: number
  /** Within its revision. */
  readonly line: number
}

interface Once {
  readonly purchaseId: string
  readonly signature: string
  readonly revision: number
}

const ONCE = 'once/buy/'
const utf8 = new TextDecoder()

/**
 * PROOFS P1 without restocks, refunds and price changes in between (rewards of matches there may be, and enough funds then): is what clients were told and what the store holds one
 * history? Records come from the store, read without the server; goods and players as they are at the end.
 */
export class PurchaseChecker {
  readonly #shop: Shop
  readonly #ledger: LedgerVerifier
  readonly #bought = new Map<string, Bought>()
  /** By user and key. */
  readonly #once = new Map<string, Once>()
  readonly #players = new Map<string, { readonly value: Record<string, unknown>; readonly revision: number }>()
  readonly #goods = new Map<string, { readonly value: Record<string, unknown>; readonly revision: number }>()
  /** What matches have paid to each player, and when last. */
  readonly #earned = new Map<string, { readonly amount: number; readonly revision: number }>()
  readonly #wrong: string[] = []

  /** @param signatures each so-manieth is verified: it takes 70 us */
  constructor(shop: Shop, keys: readonly KeyObject[], signatures = 1) {
    this.#shop = shop
    this.#ledger = new LedgerVerifier(keys, signatures)
  }

  /** @param key as the store port names it */
  addRecord(key: string, bytes: Uint8Array, revision: number): void {
    const [kind = '', id = ''] = key.split('/')
    if (kind === 'ledger') linesOf(bytes).forEach((line, i) => this.#addLine(line, revision, i))
    else if (key.startsWith(ONCE)) {
      const { answer } = JSON.parse(utf8.decode(bytes)) as { answer: { receipt: Receipt } }
      const { purchase_id: purchaseId, signature } = answer.receipt
      this.#once.set(key.slice(ONCE.length), { purchaseId, signature, revision })
    } else if (kind === 'player' || kind === 'good') {
      const value = JSON.parse(utf8.decode(bytes)) as Record<string, unknown>
      ;(kind === 'player' ? this.#players : this.#goods).set(id, { value, revision })
    }
  }

  /** What is wrong, a line each. */
  check(attempts: readonly Attempt[]): readonly string[] {
    this.#checkAnswers(attempts)
    this.#checkParts()
    this.#checkPlayers()
    this.#checkGoods()
    this.#checkOrder(attempts)
    this.#checkRefusals(attempts)
    return [...this.#wrong, ...this.#ledger.finish().problems]
  }

  #addLine(line: string, revision: number, index: number): void {
    this.#ledger.add(line)
    const entry = decodeEntry(line)
    if (entry.kind === 'purchase') this.#addPurchase(entry, revision, index)
    if (entry.kind !== 'reward') return
    const before = this.#earned.get(entry.user_id) ?? { amount: 0, revision: 0 }
    const amount = before.amount + entry.amount
    this.#earned.set(entry.user_id, { amount, revision: Math.max(before.revision, revision) })
  }

  #addPurchase(entry: LedgerEntry, revision: number, line: number): void {
    const receipt = entry.receipt as Receipt
    const {
      purchase_id,
      user_id: user,
      good_id: good,
      count,
      total,
      balance,
      stock_left: stockLeft,
      signature,
    } = receipt
    this.#bought.set(purchase_id, { user, good, count, total, balance, stockLeft, signature, revision, line })
    if (total !== count * this.#shop.price) this.#wrong.push(`${purchase_id}: a wrong total`)
  }

  /** An ok has its receipt, the same each time; what failed for certain had not been done. */
  #checkAnswers(attempts: readonly Attempt[]): void {
    const answered = new Set<string>()
    const failed = new Set<string>()
    const unknown = new Set<string>()
    for (const { user, key, outcome, code, receipt } of attempts.toSorted((a, b) => a.returnedMs - b.returnedMs)) {
      const name = `${user}/${key}`
      const stored = this.#once.get(name)
      if (outcome === 'unknown') unknown.add(name)
      else if (outcome === 'failed') failed.add(name)
      else if (outcome === 'refused') {
        if (stored) this.#wrong.push(`${name} was refused (${code}) and has a receipt`)
      } else {
        if (receipt?.signature !== stored?.signature) this.#wrong.push(`${name} was answered with another receipt`)
        if (receipt?.replayed !== true && answered.has(name)) this.#wrong.push(`${name} was done twice`)
        const wasSaidToHaveFailed = receipt?.replayed === true && failed.has(name) && !unknown.has(name)
        if (wasSaidToHaveFailed && !answered.has(name))
          this.#wrong.push(`${name} was said to have failed, and was done`)
        answered.add(name)
      }
    }
    for (const name of this.#once.keys())
      if (!answered.has(name)) this.#wrong.push(`${name} has a receipt and no answer`)
  }

  /** The ledger's entry and the key stand there since one revision, and there is one of each. */
  #checkParts(): void {
    for (const [name, { purchaseId, signature, revision }] of this.#once) {
      const bought = this.#bought.get(purchaseId)
      if (bought?.revision !== revision || bought.signature !== signature) {
        this.#wrong.push(`${name}: its receipt and its entry in the ledger are not of one step`)
      }
    }
    const [keys, entries] = [this.#once.size, this.#bought.size]
    if (keys !== entries) this.#wrong.push(`${entries} purchases in the ledger for ${keys} keys`)
  }

  /** Balance, inventory and the ledger's end of each player are what their purchases left, since their last one. */
  #checkPlayers(): void {
    const { funds } = this.#shop
    const byUser = Map.groupBy(this.#bought.values(), ({ user }) => user)
    for (const [user, all] of byUser) {
      const stored = this.#players.get(user)
      const { balances, inventory } = (stored?.value ?? {}) as Record<string, Record<string, number> | undefined>
      const spent = all.reduce((sum, { total }) => sum + total, 0)
      const balance = Object.values(balances ?? {})[0]
      const earned = this.#earned.get(user) ?? { amount: 0, revision: 0 }
      if (balance !== funds + earned.amount - spent)
        this.#wrong.push(`${user}: balance ${balance}, spent ${spent} of ${funds} and ${earned.amount}`)
      for (const [good, some] of Map.groupBy(all, (bought) => bought.good)) {
        const count = some.reduce((sum, bought) => sum + bought.count, 0)
        if (inventory?.[good] !== count) this.#wrong.push(`${user}: has ${inventory?.[good]} ${good}, bought ${count}`)
      }
      const last = Math.max(earned.revision, ...all.map(({ revision }) => revision))
      if (stored && stored.revision !== last) this.#wrong.push(`${user} was changed in another step than its entry`)
    }
  }

  /** Each sale takes from what the one before it left, never below 0, and the last one left what is there. */
  #checkGoods(): void {
    for (const [good, all] of Map.groupBy(this.#bought.values(), (bought) => bought.good)) {
      const began = this.#shop.stock[good]
      if (typeof began !== 'number') continue
      all.sort((a, b) => a.revision - b.revision || a.line - b.line)
      let left = began
      for (const { count, stockLeft, revision } of all) {
        left -= count
        if (stockLeft !== left || left < 0) this.#wrong.push(`${good}: ${stockLeft} left at ${revision}, not ${left}`)
        left = stockLeft ?? NaN
      }
      const stored = this.#goods.get(good)
      if (stored?.value['stock'] !== left) this.#wrong.push(`${good}: stock ${String(stored?.value['stock'])}`)
      if (stored && stored.revision !== all.at(-1)?.revision) {
        this.#wrong.push(`${good} was changed in another step than the purchase`)
      }
    }
  }

  /** What was answered before something else was asked has the smaller revision, or the same. */
  #checkOrder(attempts: readonly Attempt[]): void {
    const done = attempts.flatMap(({ key, invokedMs, returnedMs, receipt }) => {
      const revision = receipt?.replayed === false ? this.#bought.get(receipt.purchase_id)?.revision : undefined
      return revision === undefined ? [] : [{ key, invokedMs, returnedMs, revision }]
    })
    const byReturn = done.toSorted((a, b) => a.returnedMs - b.returnedMs)
    const byInvoke = done.toSorted((a, b) => a.invokedMs - b.invokedMs)
    let returned = 0
    let newest = 0
    for (const { key, invokedMs, revision } of byInvoke) {
      for (; (byReturn[returned]?.returnedMs ?? Infinity) < invokedMs; returned++) {
        newest = Math.max(newest, byReturn[returned]?.revision ?? 0)
      }
      if (revision < newest) this.#wrong.push(`${key} comes before one that was answered before it was asked`)
    }
  }

  /** There was too little at some moment before the answer: stocks and balances only go down here. */
  #checkRefusals(attempts: readonly Attempt[]): void {
    const { stock, funds, price } = this.#shop
    const firstAsked = new Map<string, number>()
    for (const { user, key, invokedMs } of attempts) {
      const name = `${user}/${key}`
      firstAsked.set(name, Math.min(firstAsked.get(name) ?? Infinity, invokedMs))
    }
    const taken = Array.from(this.#once, ([name, { purchaseId }]) => {
      return { askedMs: firstAsked.get(name) ?? Infinity, bought: this.#bought.get(purchaseId) }
    })
    const sold = cumulate(
      taken,
      ({ good }) => good,
      ({ count }) => count,
    )
    const spent = cumulate(
      taken,
      ({ user }) => user,
      ({ total }) => total,
    )
    for (const { outcome, code, good, user, count, key, returnedMs } of attempts) {
      if (outcome !== 'refused') continue
      const isTrue =
        (code === 'OUT_OF_STOCK' && (stock[good] ?? Infinity) - sold(good, returnedMs) < count) ||
        (code === 'INSUFFICIENT_FUNDS' && funds - spent(user, returnedMs) < count * price)
      if (!isTrue) this.#wrong.push(`${key} was refused with ${code}, which was not so`)
    }
  }
}

/** How much was taken of a thing by purchases that were asked for before a moment. */
function cumulate(
  taken: readonly { readonly askedMs: number; readonly bought: Bought | undefined }[],
  thingOf: (bought: Bought) => string,
  amountOf: (bought: Bought) => number,
): (thing: string, beforeMs: number) => number {
  const things = new Map<string, { readonly times: number[]; readonly sums: number[] }>()
  for (const { askedMs, bought } of taken.toSorted((a, b) => a.askedMs - b.askedMs)) {
    if (!bought) continue
    const thing = thingOf(bought)
    const series = things.get(thing) ?? { times: [], sums: [] }
    things.set(thing, series)
    series.times.push(askedMs)
    series.sums.push((series.sums.at(-1) ?? 0) + amountOf(bought))
  }
  return (thing, beforeMs) => {
    const { times, sums } = things.get(thing) ?? { times: [], sums: [] }
    let low = 0
    let high = times.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((times[middle] ?? Infinity) < beforeMs) low = middle + 1
      else high = middle
    }
    return sums[low - 1] ?? 0
  }
}
