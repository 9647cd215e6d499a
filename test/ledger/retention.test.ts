import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { v7 } from 'uuid'
import { goodKey, ledgerKey } from '../../src/ledger/keys.ts'
import { planBatch } from '../../src/ledger/plan.ts'
import { keysOf, type LedgerRequest, type Outcome } from '../../src/ledger/requests.ts'
import { findPurchase, listLines, readNewestMs } from '../../src/ledger/player-ledger.ts'
import { sweepLedger } from '../../src/ledger/retention.ts'
import { LedgerVerifier } from '../../src/ledger/verify.ts'
import type { LedgerBeginning } from '../../src/protocol/shapes/shop.ts'
import type { Namespace, UserId } from '../../src/protocol/ids.ts'
import { encodeRecord } from '../../src/store/json-records.ts'
import { createMemoryStore } from '../../src/store/memory/memory-store.ts'

const HOUR_MS = 3_600_000
const ALL = { limit: 1000, cursor: null }
const keyPair = generateKeyPairSync('ed25519')
const signingKey = keyPair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

function setUp() {
  let nowMs = 1_790_000_000_000
  const clock = { nowMs: () => nowMs, wallMs: () => nowMs }
  const store = createMemoryStore({ clock, epoch: 'e' })
  let ids = 0
  const run = async (...requests: LedgerRequest[]) => {
    const keys = [...new Set(requests.flatMap(keysOf))]
    const stored = await store.get(keys)
    const records = new Map(keys.map((key, i) => [key, stored[i]?.value ?? null]))
    const tools = { newId: () => `id-${String(++ids).padStart(6, '0')}`, sign: () => '' }
    const { puts, outcomes } = planBatch({ nowMs, requests, records }, tools)
    await store.commit({ puts, durable: true })
    return outcomes
  }
  const pass = (ms: number) => void (nowMs += ms)
  return { clock, store, run, pass }
}

t.test('what is older than it has to be kept goes: entries with their keys; the player stays', async (t) => {
  const { clock, store, run, pass } = setUp()
  const credit = (n: number): LedgerRequest => {
    const idempotencyKey = `credit-number-${n}-000`
    return { kind: 'credit', userId: 'alice' as UserId, currency: 'gold', amount: n, idempotencyKey }
  }
  for (let n = 1; n <= 50; n++) {
    await run(credit(n))
    pass(HOUR_MS)
  }
  const keysNow = async () => (await store.list('', { limit: 1000 })).map(({ key }) => key)
  t.equal((await keysNow()).length, 101)
  t.equal(await sweepLedger({ store, clock, signingKey, untilMs: clock.wallMs() - 60 * HOUR_MS }), 0)
  t.equal(await sweepLedger({ store, clock, signingKey, untilMs: clock.wallMs() - 10 * HOUR_MS }), 40)
  const left = await keysNow()
  t.equal(left.length, 22, 'ten entries with their keys, the player, and where the ledger begins')
  t.ok(left.includes('player/alice'))
  t.ok(left.includes('once/credit/alice/credit-number-41-000'))
  t.equal(await sweepLedger({ store, clock, signingKey, untilMs: clock.wallMs() - 10 * HOUR_MS }), 0)
  await run(credit(51))
  t.equal((await keysNow()).length, 24, 'the ledger goes on')
})

t.test('a refund is answered again when its purchase was let go of, and not done anew', async (t) => {
  const { clock, store, run, pass } = setUp()
  const userId = 'alice' as UserId
  const free = { per_user_limit: null, sale_from: null, sale_until: null }
  const sword = { id: 'sword', name: 'Sword', price: 0, currency: 'gold', stock: 10, ...free }
  await store.commit({ puts: [{ key: goodKey('sword'), value: encodeRecord(sword) }], durable: true })
  const [bought] = await run({
    kind: 'purchase',
    userId,
    namespace: 'private' as Namespace,
    goodId: 'sword',
    count: 2,
    expectedPrice: null,
    idempotencyKey: null,
    traceparent: null,
  })
  const purchase = bought?.kind === 'receipt' ? bought.receipt : undefined
  if (!purchase) throw new Error('nothing was bought')
  const refund = async (idempotencyKey: string, late = false): Promise<Outcome | undefined> => {
    const purchaseId = purchase.purchase_id
    const found = late ? purchase : ((await findPurchase(store, userId, purchaseId)) ?? null)
    return (await run({ kind: 'refund', userId, purchaseId, purchase: found, restock: true, idempotencyKey }))[0]
  }
  pass(HOUR_MS)
  const done = await refund('refund-0123456789')
  t.match(done, { kind: 'player', player: { inventory: { sword: 0 } } })
  pass(HOUR_MS)
  t.equal(await sweepLedger({ store, clock, signingKey, untilMs: clock.wallMs() - HOUR_MS * 1.5 }), 1)
  t.equal(await findPurchase(store, userId, purchase.purchase_id), undefined)
  t.strictSame(await refund('refund-0123456789'), done)
  t.match(await refund('refund-9876543210'), { kind: 'refused', error: { code: 'NOT_FOUND' } })
  const afterAll = await refund('refund-9876543210', true)
  t.match(afterAll, { kind: 'refused', error: { code: 'NOT_FOUND' } }, 'it went after it had been looked up')
})

t.test('what was let go is counted and signed, and a checker knows what is missing from what is gone', async (t) => {
  const { clock, store, run, pass } = setUp()
  const credit = (n: number): LedgerRequest => {
    return {
      kind: 'credit',
      userId: 'alice' as UserId,
      currency: 'gold',
      amount: n,
      idempotencyKey: `credit-number-${n}-000`,
    }
  }
  for (let n = 1; n <= 6; n++) {
    await run(credit(n))
    pass(HOUR_MS)
  }
  const whole = await listLines(store, ALL)
  t.equal(whole.beginning, null)
  await sweepLedger({ store, clock, signingKey, untilMs: clock.wallMs() - 4.5 * HOUR_MS })
  const { items, beginning } = await listLines(store, ALL)
  t.match(beginning, { batches: 2, entries: 2, batch: 'id-000002', let_go_at: clock.wallMs() })
  const check = (lines: readonly string[], where: LedgerBeginning | null) => {
    const verifier = new LedgerVerifier([keyPair.publicKey])
    for (const line of lines) verifier.add(line)
    return verifier.finish(where).problems
  }
  t.strictSame(check(items, beginning), [])
  t.strictSame(check(items, null), ['alice: the entries before 3 are missing, and retention did not delete them'])
  t.strictSame(check(items.slice(1), beginning), [
    'alice: the entries before 4 are missing, and retention did not delete them',
  ])
  const forged = beginning && { ...beginning, batch: 'id-000006' }
  t.strictSame(check([], forged), ['the beginning of the ledger is signed by no known key'])
  await sweepLedger({ store, clock, signingKey, untilMs: clock.wallMs() })
  const empty = await listLines(store, ALL)
  t.match(empty, { items: [], beginning: { batches: 6, entries: 6 } })
})

t.test('the newest time of a ledger is found, and 0 where there is none', async (t) => {
  const clock = { nowMs: () => 0, wallMs: () => 0 }
  const store = createMemoryStore({ clock, epoch: 'e' })
  t.equal(await readNewestMs(store), 0)
  for (const at of [1_790_000_000_000, 1_790_000_000_001, 1_798_640_000_000]) {
    const key = ledgerKey(v7({ msecs: at }))
    await store.commit({ puts: [{ key, value: Buffer.from(JSON.stringify({ at })) }], durable: true })
    t.equal(await readNewestMs(store), at)
  }
})
