import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import t from 'tap'
import type { Good } from '../../src/protocol/shapes/shop.ts'
import { planBatch, type Plan } from '../../src/ledger/plan.ts'
import { keysOf, type LedgerRequest, type Outcome } from '../../src/ledger/requests.ts'
import { receiptBytes } from '../../src/protocol/receipt.ts'
import type { Receipt } from '../../src/protocol/shapes/shop.ts'
import type { Namespace, UserId } from '../../src/protocol/ids.ts'

const SWORD: Good = {
  id: 'sword',
  name: 'Sword',
  price: 100,
  currency: 'gold',
  stock: null,
  per_user_limit: null,
  sale_from: null,
  sale_until: null,
}
const NOW_MS = 1_790_000_000_000
const key = generateKeyPairSync('ed25519').privateKey

type Records = Map<string, Uint8Array>

/** A store of records in which plans are carried out, one after another. */
function shop(...goods: Partial<Good>[]) {
  const records: Records = new Map()
  for (const good of goods) put(records, `good/${good.id ?? SWORD.id}`, { ...SWORD, ...good })
  let ids = 0
  const run = (...requests: LedgerRequest[]): Plan => {
    const input = new Map(requests.flatMap(keysOf).map((name) => [name, records.get(name) ?? null]))
    const plan = planBatch(
      { nowMs: NOW_MS, requests, records: input },
      {
        newId: () => `id-${String(++ids).padStart(6, '0')}`,
        sign: (bytes) => sign(null, bytes, key).toString('base64url'),
      },
    )
    for (const { key, value } of plan.puts) records.set(key, value)
    return plan
  }
  const read = (name: string) => JSON.parse(Buffer.from(records.get(name) ?? []).toString()) as Record<string, unknown>
  return { records, run, read }
}

function put(records: Records, name: string, value: unknown): void {
  records.set(name, Buffer.from(JSON.stringify(value)))
}

function buy(over: Partial<Extract<LedgerRequest, { kind: 'purchase' }>> = {}): LedgerRequest {
  return {
    kind: 'purchase',
    userId: 'alice' as UserId,
    namespace: 'private' as Namespace,
    goodId: 'sword',
    count: 1,
    idempotencyKey: null,
    expectedPrice: null,
    traceparent: null,
    ...over,
  }
}

function credit(amount: number, idempotencyKey = `credit-${amount}-000000000`, user = 'alice'): LedgerRequest {
  return { kind: 'credit', userId: user as UserId, currency: 'gold', amount, idempotencyKey }
}

const codes = (outcomes: readonly Outcome[]) =>
  outcomes.map((outcome) => (outcome.kind === 'refused' ? outcome.error.code : outcome.kind))

function receiptOf(outcome: Outcome | undefined): Receipt {
  if (outcome?.kind !== 'receipt') throw new Error(`no receipt but ${outcome?.kind}`)
  return outcome.receipt
}

t.test('a purchase moves balance, stock and inventory together, and leaves receipt and event', async (t) => {
  const { run, read } = shop({ stock: 5 })
  run(credit(1000))
  const plan = run(buy({ count: 2 }))
  const receipt = receiptOf(plan.outcomes[0])
  t.match(receipt, { total: 200, balance: 800, stock_left: 3, unit_price: 100, replayed: false })
  t.match(read('player/alice'), { balances: { gold: 800 }, inventory: { sword: 2 } })
  t.match(read('good/sword'), { stock: 3 })
  t.equal(plan.log.length, 1)
  t.equal(plan.log[0]?.channel, 'u/alice')
  const event = JSON.parse(Buffer.from(plan.log[0]?.body ?? []).toString()) as Record<string, unknown>
  t.match(event, { eventType: 'core.game.state.buy_good', userId: 'alice', payload: receipt })
})

t.test('a receipt is verified with the public key, and not after a change', async (t) => {
  const { run } = shop({})
  run(credit(1000))
  const receipt = receiptOf(run(buy()).outcomes[0])
  const isGenuine = (receipt: Receipt) =>
    verify(null, receiptBytes(receipt), createPublicKey(key), Buffer.from(receipt.signature, 'base64url'))
  t.ok(isGenuine(receipt))
  t.ok(isGenuine({ ...receipt, replayed: true }), 'a replay has the same signature')
  t.notOk(isGenuine({ ...receipt, total: 1 }))
})

t.test('a batch is decided in its order, each request on what the ones before it left', async (t) => {
  const { run, read } = shop({ stock: 3 })
  run(credit(250))
  const outcomes = run(...Array.from({ length: 5 }, () => buy())).outcomes
  t.strictSame(codes(outcomes), [
    'receipt',
    'receipt',
    'INSUFFICIENT_FUNDS',
    'INSUFFICIENT_FUNDS',
    'INSUFFICIENT_FUNDS',
  ])
  run(credit(1000))
  t.strictSame(codes(run(buy(), buy()).outcomes), ['receipt', 'OUT_OF_STOCK'])
  t.match(read('good/sword'), { stock: 0 })
})

t.test('one key has one receipt, within a batch and after it', async (t) => {
  const { run, read } = shop({})
  run(credit(1000))
  const idempotencyKey = 'k'.repeat(16)
  const first = run(buy({ idempotencyKey }), buy({ idempotencyKey })).outcomes.map(receiptOf)
  const later = receiptOf(run(buy({ idempotencyKey })).outcomes[0])
  t.strictSame(first[1], { ...first[0], replayed: true })
  t.strictSame(later, { ...first[0], replayed: true })
  t.match(read('player/alice'), { balances: { gold: 900 } })
  t.strictSame(codes(run(buy({ idempotencyKey, count: 2 })).outcomes), ['IDEMPOTENCY_CONFLICT'])
})

t.test('a key that 0.1.0 kept is good for what it was used for', async (t) => {
  const { records, run, read } = shop({})
  run(credit(1000))
  const idempotencyKey = 'k'.repeat(16)
  const receipt = { purchase_id: 'of-0.1.0', total: 100, replayed: false, signature: 's' }
  put(records, `once/buy/alice/${idempotencyKey}`, { fingerprint: JSON.stringify(['sword', 1, null]), receipt })
  put(records, 'once/credit/alice/credit-7-000000000', { fingerprint: JSON.stringify(['gold', 7]) })
  t.strictSame(receiptOf(run(buy({ idempotencyKey })).outcomes[0]), { ...receipt, replayed: true })
  t.strictSame(codes(run(buy({ idempotencyKey, count: 2 })).outcomes), ['IDEMPOTENCY_CONFLICT'])
  t.strictSame(codes(run(credit(7)).outcomes), ['player'])
  t.match(read('player/alice'), { balances: { gold: 1000 } }, 'neither was done again')
})

t.test('another user with the same key is another purchase', async (t) => {
  const { run } = shop({})
  run(credit(1000), credit(1000, 'credit-of-bob-00000', 'bob'))
  const idempotencyKey = 'k'.repeat(16)
  const outcomes = run(buy({ idempotencyKey }), buy({ idempotencyKey, userId: 'bob' as UserId })).outcomes.map(
    receiptOf,
  )
  t.strictSame(
    outcomes.map(({ user_id, replayed }) => [user_id, replayed]),
    [
      ['alice', false],
      ['bob', false],
    ],
  )
})

t.test('every ordinary no has its code and writes nothing', async (t) => {
  const cases: [string, Partial<Good>, Partial<Extract<LedgerRequest, { kind: 'purchase' }>>, object?][] = [
    ['GOOD_NOT_FOUND', {}, { goodId: 'shield' }],
    ['GOOD_NOT_ON_SALE', { sale_from: NOW_MS + 1 }, {}],
    ['GOOD_NOT_ON_SALE', { sale_until: NOW_MS }, {}],
    ['PRICE_CHANGED', {}, { expectedPrice: 99 }, { price: 100 }],
    ['OUT_OF_STOCK', { stock: 1 }, { count: 2 }, { stock_left: 1 }],
    ['PURCHASE_LIMIT', { per_user_limit: 1 }, { count: 2 }, { limit: 1, bought: 0 }],
    ['INSUFFICIENT_FUNDS', { price: 1001 }, {}, { balance: 1000, total: 1001 }],
    ['BAD_REQUEST', { price: Number.MAX_SAFE_INTEGER }, { count: 2 }, { path: 'payload.count' }],
  ]
  for (const [code, good, request, details] of cases) {
    const { run } = shop(good)
    run(credit(1000))
    const plan = run(buy(request))
    t.strictSame(codes(plan.outcomes), [code])
    t.strictSame([plan.puts, plan.log], [[], []], `${code} writes nothing`)
    const [outcome] = plan.outcomes
    if (details) t.match(outcome?.kind === 'refused' && outcome.error.details, details)
  }
})

t.test('a credit is done once under its key, and refused above 2^53 - 1', async (t) => {
  const { run, read } = shop({})
  run(credit(5), credit(5))
  t.match(read('player/alice'), { balances: { gold: 5 } })
  t.strictSame(codes(run(credit(6, 'credit-5-000000000')).outcomes), ['IDEMPOTENCY_CONFLICT'])
  t.strictSame(codes(run(credit(Number.MAX_SAFE_INTEGER)).outcomes), ['BAD_REQUEST'])
})

t.test('a record that cannot be read is INTERNAL for its own requests only', async (t) => {
  const { records, run } = shop({})
  run(credit(1000), credit(1000, 'credit-of-bob-00000', 'bob'))
  records.set('player/bob', Buffer.from('{"balances":{"gold":-1}}'))
  const plan = run(buy({ userId: 'bob' as UserId }), buy())
  t.strictSame(codes(plan.outcomes), ['INTERNAL', 'receipt'])
  t.notOk(plan.puts.some(({ key }) => key.includes('bob')))
})
