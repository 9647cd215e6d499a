import type { TestEtcd } from './etcd.ts'
import type { Attempt } from './shopper.ts'

/** A record of the store, read without the server: by etcdctl. */
interface Stored {
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
  readonly revision: number
}

interface Receipt extends Readonly<Record<string, unknown>> {
  readonly purchase_id: string
  readonly user_id: string
  readonly good_id: string
  readonly count: number
  readonly total: number
  readonly balance: number
  readonly stock_left: number | null
}

export interface Shop {
  readonly funds: number
  readonly price: number
  /** Per good; null: unlimited. */
  readonly stock: Readonly<Record<string, number | null>>
}

const RECORDS = '/drumbeat/records/'
const ONCE = 'once/purchase/'

/** All records of a cluster with the prefix /drumbeat/. */
export async function readRecords(etcd: TestEtcd): Promise<readonly Stored[]> {
  const output = await etcd.etcdctl('get', RECORDS, '--prefix', '-w', 'json')
  const { kvs = [] } = JSON.parse(output) as { kvs?: { key: string; value: string; mod_revision: number }[] }
  const text = (base64: string) => Buffer.from(base64, 'base64').toString()
  return kvs
    .map(({ key, value, mod_revision }) => ({ key: text(key).slice(RECORDS.length), value, revision: mod_revision }))
    .filter(({ key }) => /^(player|good|ledger|once)\//.test(key))
    .flatMap(({ key, value, revision }) => {
      const lines = text(value).split('\n')
      return lines.map((line) => ({ key, revision, value: JSON.parse(line) as Stored['value'] }))
    })
}

/**
 * What is wrong with a history of purchases, a line each: PROOFS P1 without restocks, credits and price changes in between.
 * All goods cost `shop.price` of the one currency, all players began with `shop.funds`, and nobody else bought.
 */
export function checkPurchases(
  attempts: readonly Attempt[],
  records: readonly Stored[],
  shop: Shop,
): readonly string[] {
  const receipts = records
    .filter(({ key, value }) => key.startsWith('ledger/') && value['kind'] === 'purchase')
    .map(({ value, ...entry }) => ({ ...entry, value: value['receipt'] as Stored['value'] }))
  const byKey = new Map(
    records
      .filter(({ key }) => key.startsWith(ONCE))
      .map(({ key, value, revision }) => {
        const { receipt } = value['answer'] as { receipt: Receipt }
        return [key.slice(ONCE.length), { receipt, revision }] as const
      }),
  )
  return [
    ...checkAnswers(attempts, byKey),
    ...checkOneStep(receipts, byKey),
    ...checkSums(records, receipts, shop),
    ...checkChains(receipts, shop),
    ...checkOrder(attempts, byKey),
    ...checkRefusals(attempts, byKey, shop),
  ]
}

type ByKey = ReadonlyMap<string, { readonly receipt: Receipt; readonly revision: number }>

/** An ok has its receipt, the same each time; what failed for certain had not been done. */
function checkAnswers(attempts: readonly Attempt[], byKey: ByKey): string[] {
  const wrong: string[] = []
  const first = new Map<string, Attempt>()
  const failed = new Set<string>()
  const unknown = new Set<string>()
  for (const attempt of attempts) {
    const { user, key, outcome, receipt } = attempt
    const name = `${user}/${key}`
    if (outcome === 'unknown') unknown.add(name)
    if (outcome === 'failed') failed.add(name)
    const stored = byKey.get(name)?.receipt
    if (outcome === 'refused' && stored) wrong.push(`${name} was refused (${attempt.code}) and has a receipt`)
    if (outcome !== 'ok') continue
    if (first.has(name)) wrong.push(`${name} was answered twice`)
    first.set(name, attempt)
    const { replayed, ...rest } = { ...receipt } as Record<string, unknown>
    const { replayed: _, ...storedRest } = { ...stored } as Record<string, unknown>
    if (JSON.stringify(rest) !== JSON.stringify(storedRest)) wrong.push(`${name} was answered with another receipt`)
    const wasSaidToHaveFailed = replayed === true && failed.has(name) && !unknown.has(name)
    if (wasSaidToHaveFailed) wrong.push(`${name} was said to have failed, and had been done`)
  }
  for (const name of byKey.keys()) if (!first.has(name)) wrong.push(`${name} has a receipt and no answer`)
  return wrong
}

/** Receipt and key stand there since the same revision, and there is one receipt for each key. */
function checkOneStep(receipts: readonly Stored[], byKey: ByKey): string[] {
  const revisions = new Map(receipts.map(({ value, revision }) => [value['purchase_id'], revision]))
  const wrong = Array.from(byKey, ([name, { receipt, revision }]) =>
    revisions.get(receipt.purchase_id) === revision ? '' : `${name}: receipt and key are not of one revision`,
  )
  if (receipts.length !== byKey.size) wrong.push(`${receipts.length} receipts for ${byKey.size} keys`)
  return wrong.filter(Boolean)
}

function checkSums(records: readonly Stored[], receipts: readonly Stored[], { funds, stock, price }: Shop): string[] {
  const spent = new Map<string, number>()
  const owned = new Map<string, number>()
  const sold = new Map<string, number>()
  const add = (map: Map<string, number>, key: string, by: number) => map.set(key, (map.get(key) ?? 0) + by)
  for (const { value } of receipts) {
    const { user_id, good_id, count, total } = value as unknown as Receipt
    add(spent, user_id, total)
    add(owned, `${user_id} ${good_id}`, count)
    add(sold, good_id, count)
  }
  const wrong = receipts
    .filter(({ value }) => value['total'] !== Number(value['count']) * price)
    .map(({ key }) => `${key}: a wrong total`)
  for (const { key, value } of records) {
    const [kind, id = ''] = key.split('/')
    if (kind === 'player') {
      const balance = Object.values(value['balances'] as Record<string, number>)[0]
      if (balance !== funds - (spent.get(id) ?? 0)) wrong.push(`${id}: balance ${balance}, spent ${spent.get(id)}`)
      for (const [good, count] of Object.entries(value['inventory'] as Record<string, number>)) {
        if (count !== owned.get(`${id} ${good}`)) wrong.push(`${id}: ${count} of ${good}`)
      }
    }
    const began = kind === 'good' ? stock[id] : undefined
    if (typeof began !== 'number') continue
    if (value['stock'] !== began - (sold.get(id) ?? 0)) wrong.push(`${id}: stock ${String(value['stock'])}`)
  }
  return wrong
}

/** Balance and stock of the receipts, in the order of the revisions, go down by what was bought and never below 0. */
function checkChains(receipts: readonly Stored[], shop: Shop): string[] {
  const wrong: string[] = []
  const follow = (
    what: string,
    all: readonly Stored[],
    began: number,
    read: (r: Receipt) => [left: number, by: number],
  ) => {
    const steps = all.map(({ value, revision }) => ({ revision, step: read(value as unknown as Receipt) }))
    steps.sort((a, b) => a.revision - b.revision || b.step[0] - a.step[0])
    let left = began
    for (const { step, revision } of steps) {
      left -= step[1]
      if (left !== step[0] || left < 0) wrong.push(`${what}: ${step[0]} left at revision ${revision}, not ${left}`)
      left = step[0]
    }
  }
  const group = (name: string) => Map.groupBy(receipts, ({ value }) => String(value[name]))
  for (const [user, all] of group('user_id')) follow(user, all, shop.funds, ({ balance, total }) => [balance, total])
  for (const [good, all] of group('good_id')) {
    const began = shop.stock[good]
    if (typeof began === 'number') follow(good, all, began, ({ stock_left, count }) => [stock_left ?? NaN, count])
  }
  return wrong
}

/** What was answered before something else was asked has the smaller revision, or the same. */
function checkOrder(attempts: readonly Attempt[], byKey: ByKey): string[] {
  const done = attempts
    .filter(({ outcome, receipt }) => outcome === 'ok' && receipt?.['replayed'] === false)
    .map((attempt) => ({ ...attempt, revision: byKey.get(`${attempt.user}/${attempt.key}`)?.revision ?? NaN }))
  const byReturn = [...done].sort((a, b) => a.returnedMs - b.returnedMs)
  const byInvoke = [...done].sort((a, b) => a.invokedMs - b.invokedMs)
  const wrong: string[] = []
  let returned = 0
  let newest = 0
  for (const { key, invokedMs, revision } of byInvoke) {
    for (; (byReturn[returned]?.returnedMs ?? Infinity) < invokedMs; returned++) {
      newest = Math.max(newest, byReturn[returned]?.revision ?? 0)
    }
    if (revision < newest)
      wrong.push(`${key} is at revision ${revision}, before one that was answered before it was asked`)
  }
  return wrong
}

/** There was too little left, at some moment before the answer: stocks and balances only go down here. */
function checkRefusals(attempts: readonly Attempt[], byKey: ByKey, { stock, funds, price }: Shop): string[] {
  const wrong: string[] = []
  const asked = new Map<string, number>()
  for (const { user, key, invokedMs } of attempts) {
    const name = `${user}/${key}`
    asked.set(name, Math.min(asked.get(name) ?? Infinity, invokedMs))
  }
  const takenBefore = (ms: number, of: (receipt: Receipt) => number) =>
    Array.from(byKey, ([name, { receipt }]) => ((asked.get(name) ?? Infinity) < ms ? of(receipt) : 0)).reduce(sum, 0)
  for (const { outcome, code, good, user, count, key, returnedMs } of attempts) {
    if (outcome !== 'refused') continue
    const sold = () => takenBefore(returnedMs, (receipt) => (receipt.good_id === good ? receipt.count : 0))
    const spent = () => takenBefore(returnedMs, (receipt) => (receipt.user_id === user ? receipt.total : 0))
    const isTrue =
      (code === 'OUT_OF_STOCK' && (stock[good] ?? Infinity) - sold() < count) ||
      (code === 'INSUFFICIENT_FUNDS' && funds - spent() < count * price)
    if (!isTrue) wrong.push(`${key} was refused with ${code}, which was not so`)
  }
  return wrong
}

function sum(a: number, b: number): number {
  return a + b
}
