import { verify, type KeyObject } from 'node:crypto'
import type { LedgerBeginning } from '../protocol/shapes/shop.ts'
import { isSigned } from './beginning.ts'
import { receiptBytes } from '../protocol/receipt.ts'
import type { Receipt } from '../protocol/shapes/shop.ts'
import { decodeEntry, hashOf, type LedgerEntry } from './entries.ts'

export interface LedgerFindings {
  readonly entries: number
  readonly players: number
  readonly receipts: number
  /** Players whose first entries were deleted. What they had before is not checked. */
  readonly cutOff: number
  /** One line for each problem. Empty if the ledger is right. */
  readonly problems: readonly string[]
}

/** What is known of a player up to the last entry that was checked. */
interface Known {
  entry: number
  hash: string
  readonly balances: Map<string, number>
  readonly owned: Map<string, number>
  /** Entries by number that wait for those before them. Batches of several nodes may be out of order. */
  readonly early: Map<number, { readonly line: string; readonly entry: LedgerEntry }>
  isCutOff: boolean
}

/** At most this many problems are reported, because one mistake can cause thousands. */
const PROBLEMS_MAX = 1_000

/**
 * Checks a ledger from only its lines and the public keys. Each player's entries must be numbered without gaps and chained by
 * their hashes. Balances and inventories must add up and never go below 0. Receipts must agree with their entries and be signed.
 * No idempotency key, receipt or reward may occur twice. A refund must pay back one purchase exactly, and once.
 */
export class LedgerVerifier {
  readonly #keys: readonly KeyObject[]
  readonly #signatures: number
  readonly #players = new Map<string, Known>()
  readonly #purchases = new Map<string, { readonly user: string; readonly total: number }>()
  readonly #refunds = new Map<string, LedgerEntry>()
  readonly #used = new Set<string>()
  /** By room and index among the match's rewards. */
  readonly #rewards = new Set<string>()
  readonly #problems: string[] = []
  #entries = 0
  #receipts = 0

  /**
   * @param keys all keys that receipts were ever signed with
   * @param signatures verifying signatures takes most of the time, so only one in so many is verified; 1 verifies all
   */
  constructor(keys: readonly KeyObject[], signatures = 1) {
    this.#keys = keys
    this.#signatures = signatures
  }

  add(line: string): void {
    this.#entries++
    let entry: LedgerEntry
    try {
      entry = decodeEntry(line)
    } catch {
      this.#tell(`line ${this.#entries} is not an entry`)
      return
    }
    const known = this.#player(entry)
    if (entry.entry <= known.entry || known.early.has(entry.entry)) {
      this.#tell(`${nameOf(entry)} is there twice`)
      return
    }
    known.early.set(entry.entry, { line, entry })
    this.#advance(known)
  }

  /**
   * @param beginning where the ledger says that it begins; null if it says that it is whole; undefined for an export of a version
   * that did not record this
   */
  finish(beginning?: LedgerBeginning | null): LedgerFindings {
    if (beginning && !isSigned(beginning, this.#keys))
      this.#tell('the beginning of the ledger is signed by no known key')
    let cutOff = 0
    for (const [user, known] of this.#players) {
      const before = this.#begin(known)
      if (known.isCutOff) cutOff++
      if (before !== undefined) this.#checkBeginning(user, before, beginning)
      if (known.early.size > 0) this.#tell(`${user}: entry ${known.entry + 1} is missing`)
    }
    for (const [id, refund] of this.#refunds) this.#checkRefund(id, refund)
    return {
      entries: this.#entries,
      players: this.#players.size,
      receipts: this.#receipts,
      cutOff,
      problems: this.#problems,
    }
  }

  #player({ user_id }: LedgerEntry): Known {
    let known = this.#players.get(user_id)
    if (!known) {
      known = { entry: 0, hash: '', balances: new Map(), owned: new Map(), early: new Map(), isCutOff: false }
      this.#players.set(user_id, known)
    }
    return known
  }

  #advance(known: Known): void {
    for (let next = known.early.get(known.entry + 1); next; next = known.early.get(known.entry + 1)) {
      known.early.delete(next.entry.entry)
      this.#check(known, next.entry)
      known.entry = next.entry.entry
      known.hash = hashOf(next.line)
    }
  }

  /** If the player's first entries were deleted, begins with the first entry that exists, and returns it. */
  #begin(known: Known): LedgerEntry | undefined {
    if (known.entry > 0 || known.early.size === 0) return undefined
    const first = known.early.get(Math.min(...known.early.keys()))
    if (!first) return undefined
    const { entry, previous, currency, balance, amount } = first.entry
    known.isCutOff = true
    known.entry = entry - 1
    known.hash = previous
    known.balances.set(currency, balance - amount)
    this.#advance(known)
    return first.entry
  }

  /** Missing entries must belong to batches that were deleted. */
  #checkBeginning(user: string, first: LedgerEntry, beginning: LedgerBeginning | null | undefined): void {
    if (beginning === undefined) return
    const batch = first.previous_batch
    if (beginning !== null && batch !== null && batch <= beginning.batch) return
    this.#tell(`${user}: the entries before ${first.entry} are missing, and retention did not delete them`)
  }

  #check(known: Known, entry: LedgerEntry): void {
    const tell = (what: string) => this.#tell(`${nameOf(entry)}: ${what}`)
    if (entry.previous !== known.hash) tell('the entry before is not the one whose hash it contains')
    this.#checkSum(known, known.balances, entry.currency, entry.amount, entry.balance, tell)
    const { goods } = entry
    if (goods) this.#checkSum(known, known.owned, goods.good_id, goods.count, goods.owned, tell)
    const key = entry.idempotency_key === null ? undefined : `${entry.user_id}/${entry.kind}/${entry.idempotency_key}`
    if (key !== undefined && this.#used.has(key)) tell('its idempotency key was used before')
    if (key !== undefined) this.#used.add(key)
    if (entry.kind === 'purchase') this.#checkReceipt(entry, tell)
    else if (entry.kind === 'refund') this.#noteRefund(entry, tell)
    else if (entry.amount <= 0 || goods !== null) tell(`a ${entry.kind} that adds nothing, or that adds goods`)
    if (entry.kind === 'reward') this.#noteReward(entry, tell)
  }

  /** If the first entries were deleted, an amount that was not seen before may have been anything. */
  #checkSum(
    known: Known,
    sums: Map<string, number>,
    name: string,
    change: number,
    after: number,
    tell: (what: string) => void,
  ): void {
    const before = sums.get(name) ?? (known.isCutOff ? after - change : 0)
    if (before + change !== after) tell(`${before} ${name} and ${change} are not ${after}`)
    if (after < 0 || before < 0) tell(`${after} ${name}`)
    sums.set(name, after)
  }

  #checkReceipt(entry: LedgerEntry, tell: (what: string) => void): void {
    const receipt = entry.receipt as Receipt | null
    if (!receipt?.signature) return tell('it has no receipt')
    this.#receipts++
    if (this.#purchases.has(receipt.purchase_id)) tell(`receipt ${receipt.purchase_id} is there twice`)
    this.#purchases.set(receipt.purchase_id, { user: entry.user_id, total: receipt.total })
    const says = [receipt.user_id, receipt.currency, -receipt.total, receipt.balance, receipt.good_id, receipt.count]
    const is = [entry.user_id, entry.currency, entry.amount, entry.balance, entry.goods?.good_id, entry.goods?.count]
    if (JSON.stringify(says) !== JSON.stringify(is)) tell('its receipt does not agree with it')
    if (receipt.unit_price * receipt.count !== receipt.total) tell('its total is not the price times the count')
    if ((receipt.stock_left ?? 0) < 0) tell('the stock is below 0')
    if (this.#receipts % this.#signatures !== 0) return
    const signature = Buffer.from(receipt.signature, 'base64url')
    const bytes = receiptBytes(receipt)
    if (!this.#keys.some((key) => verify(null, bytes, key, signature))) tell('the signature is of no known key')
  }

  #noteReward({ match }: LedgerEntry, tell: (what: string) => void): void {
    if (match === undefined) return tell('it does not say which match paid it')
    const name = `${match.room}/${match.reward}`
    if (this.#rewards.has(name)) tell(`reward ${match.reward} of ${match.room} was paid before`)
    this.#rewards.add(name)
  }

  #noteRefund(entry: LedgerEntry, tell: (what: string) => void): void {
    const id = entry.receipt?.purchase_id
    if (id === undefined) return tell('it does not say what is refunded')
    if (this.#refunds.has(id)) tell(`purchase ${id} was refunded before`)
    this.#refunds.set(id, entry)
  }

  #checkRefund(id: string, refund: LedgerEntry): void {
    const purchase = this.#purchases.get(id)
    const isBeforeTheCut = this.#players.get(refund.user_id)?.isCutOff === true
    if (!purchase && !isBeforeTheCut) this.#tell(`${nameOf(refund)}: there is no purchase ${id}`)
    if (!purchase) return
    if (purchase.user !== refund.user_id || purchase.total !== refund.amount) {
      this.#tell(`${nameOf(refund)}: it does not pay back what purchase ${id} cost its player`)
    }
  }

  #tell(problem: string): void {
    if (this.#problems.length < PROBLEMS_MAX) this.#problems.push(problem)
  }
}

function nameOf({ user_id, entry }: LedgerEntry): string {
  return `${user_id}, entry ${entry}`
}
