import t from 'tap'
import { systemClock } from '../../src/base/clock.ts'
import { systemRandom } from '../../src/base/random.ts'
import { newPlayer } from '../../src/domain/player.ts'
import { goodKey, playerKey } from '../../src/ledger/keys.ts'
import { Ledger, type BatchReport, type LedgerOptions } from '../../src/ledger/ledger.ts'
import { planBatch, type PlanInput } from '../../src/ledger/plan.ts'
import type { LedgerRequest, Outcome } from '../../src/ledger/requests.ts'
import { Refusal } from '../../src/protocol/errors.ts'
import type { Namespace, UserId } from '../../src/protocol/ids.ts'
import { encodeRecord } from '../../src/store/json-records.ts'
import { createMemoryStore } from '../../src/store/memory/memory-store.ts'
import { OutcomeUnknown, StoreUnavailable, type Store } from '../../src/store/store.ts'
import { NO_LOG } from '../helpers/no-log.ts'
import { over } from '../helpers/house/store.ts'

const KEY = 'a-key-of-sixteen-or-more'
/** Player, good and ledger: a key does not fit beside the first request. */
const ONE_AT_A_TIME = { operationsMax: 3, bytesMax: Infinity }
const tools = { newId: systemRandom.uuid, sign: () => 'signature' }

async function setUp(change: (store: Store) => Partial<Store> = () => ({}), options: Partial<LedgerOptions> = {}) {
  const truth = createMemoryStore({ clock: systemClock, epoch: 'e' })
  const free = { per_user_limit: null, sale_from: null, sale_until: null }
  const sword = { id: 'sword', name: 'Sword', price: 1, currency: 'gold', stock: 100, ...free }
  const puts = [
    { key: goodKey('sword'), value: encodeRecord(sword) },
    { key: playerKey('alice' as UserId), value: encodeRecord(player(1000)) },
  ]
  await truth.commit({ puts, durable: true })
  const batches: BatchReport[] = []
  const retries: string[] = []
  const planned: PlanInput[] = []
  const ledger = new Ledger({
    store: { ...over(truth), ...change(truth) },
    pool: {
      plan: (input) => {
        planned.push(input)
        return Promise.resolve(planBatch(input, tools))
      },
      close: () => Promise.resolve(),
    },
    clock: systemClock,
    random: { ...systemRandom, fraction: () => 0 },
    log: NO_LOG,
    newestMs: 0,
    queueMax: 1_000,
    onBatch: (batch) => batches.push(batch),
    onRetry: (why) => retries.push(why),
    ...options,
  })
  const read = async (key: string) => {
    const [record] = await truth.get([key])
    return JSON.parse(Buffer.from(record?.value ?? []).toString()) as { stock: number; balances: { gold: number } }
  }
  return { truth, ledger, batches, retries, planned, read }
}

const player = (gold: number) => ({ ...newPlayer('alice' as UserId), balances: { gold } })

/** Of so many goods. */
function richIn(goods: number) {
  const inventory = Object.fromEntries(Array.from({ length: goods }, (_, i) => [`a-good-${i}`, 1]))
  return { ...player(1000), inventory }
}

function buy(count = 1, idempotencyKey: string | null = null): LedgerRequest {
  const who = { userId: 'alice' as UserId, namespace: 'private' as Namespace }
  return { kind: 'purchase', ...who, goodId: 'sword', count, idempotencyKey, expectedPrice: null, traceparent: null }
}

function ask(ledger: Ledger, request: LedgerRequest): Promise<Outcome | Refusal> {
  return new Promise((resolve) => ledger.submit(request, resolve))
}

function nameOf(outcome: Outcome | Refusal): string {
  if (outcome instanceof Refusal) return outcome.code
  return outcome.kind === 'refused' ? outcome.error.code : outcome.kind
}

/** Commits of a request each, which wait until they are let go, one by one. */
async function setUpHeld() {
  const gates: ((how: 'commit' | Error) => void)[] = []
  const parts = await setUp((truth) => ({
    limits: ONE_AT_A_TIME,
    commit: async (transaction) => {
      const how = await new Promise<'commit' | Error>((resolve) => gates.push(resolve))
      if (how instanceof Error) throw how
      return truth.commit(transaction)
    },
  }))
  const next = async (how: 'commit' | Error = 'commit') => {
    while (gates.length === 0) await new Promise(setImmediate)
    gates.shift()?.(how)
  }
  return { ...parts, next }
}

t.test('while a batch is committed the next one is planned, on what the first will have left', async (t) => {
  const { ledger, planned, read, next } = await setUpHeld()
  const first = ask(ledger, buy(10))
  const second = ask(ledger, buy(91, KEY))
  while (planned.length < 2) await new Promise(setImmediate)
  const answered: string[] = []
  void first.then(() => answered.push('first'))
  void second.then(() => answered.push('second'))
  await next()
  t.equal(nameOf(await first), 'receipt')
  t.equal(nameOf(await second), 'OUT_OF_STOCK')
  t.strictSame(answered, ['first', 'second'], 'a refusal waits, too: it is only true if the first is done')
  t.equal((await read('good/sword')).stock, 90)
})

t.test('what was planned on a batch that failed is planned anew, in its turn', async (t) => {
  for (const [failure, code] of [
    [new StoreUnavailable('gone'), 'UNAVAILABLE'],
    [new OutcomeUnknown('silent'), 'OUTCOME_UNKNOWN'],
  ] as const) {
    const { ledger, planned, read, next } = await setUpHeld()
    const first = ask(ledger, buy(10))
    const second = ask(ledger, buy(91, KEY))
    while (planned.length < 2) await new Promise(setImmediate)
    await next(failure)
    t.equal(nameOf(await first), code)
    await next()
    t.equal(nameOf(await second), 'receipt', 'there are 100 again')
    t.equal((await read('good/sword')).stock, 9)
  }
})

t.test('what others changed is read again, for a purchase and for a refusal', async (t) => {
  const { ledger, truth, retries, read } = await setUp()
  t.equal(nameOf(await ask(ledger, buy(1))), 'receipt')
  await truth.commit({ puts: [{ key: 'player/alice', value: encodeRecord(player(5)) }], durable: true })
  t.equal(nameOf(await ask(ledger, buy(6))), 'INSUFFICIENT_FUNDS', 'not what the cache still has')
  await truth.commit({ puts: [{ key: 'player/alice', value: encodeRecord(player(50)) }], durable: true })
  t.equal(nameOf(await ask(ledger, buy(6))), 'receipt', 'the cache would have refused')
  t.strictSame(retries, ['conflict', 'conflict'])
  t.equal((await read('player/alice')).balances.gold, 44)
})

t.test('a request that loses every race is given up, and nothing of it is done', async (t) => {
  const { ledger, retries, read } = await setUp(() => ({
    commit: ({ guards = [] }) => Promise.resolve({ committed: false, conflicts: guards.map(({ key }) => key) }),
  }))
  t.equal(nameOf(await ask(ledger, buy(1))), 'OVERLOADED')
  t.equal(retries.length, 20)
  t.equal((await read('good/sword')).stock, 100)
})

t.test('a batch holds what a transaction does: operations, and bytes', async (t) => {
  for (const limits of [
    { operationsMax: 9, bytesMax: Infinity },
    { operationsMax: Infinity, bytesMax: 32 * 1024 },
  ]) {
    const sizes: number[] = []
    const bytes: number[] = []
    const { ledger, batches, truth } = await setUp((truth) => ({
      limits,
      commit: (transaction) => {
        sizes.push(Math.max(transaction.guards?.length ?? 0, transaction.puts?.length ?? 0))
        const { puts = [], log = [] } = transaction
        const values = [...puts.map(({ value }) => value), ...log.map(({ body }) => body)]
        bytes.push(values.reduce((sum, value) => sum + value.length, 0))
        return truth.commit(transaction)
      },
    }))
    // A large record counts, whether it comes from the store or from the batch before.
    await truth.commit({ puts: [{ key: 'player/alice', value: encodeRecord(richIn(1_000)) }], durable: true })
    const all = Array.from({ length: 30 }, (_, i) => ask(ledger, buy(1, `a-key-of-sixteen-${i}`)))
    const names = (await Promise.all(all)).map(nameOf)
    t.ok(names.every((name) => name === 'receipt'))
    t.ok(Math.max(...sizes) <= limits.operationsMax)
    t.ok(Math.max(...bytes) <= limits.bytesMax, `${Math.max(...bytes)} bytes`)
    t.ok(batches.length > 4 && batches.length < 30, `${batches.length} batches`)
  }
})

t.test('a thread that fails is asked again, three times; then it is said that nothing was done', async (t) => {
  let failures = 2
  const pool: LedgerOptions['pool'] = {
    plan: (input) => (failures-- > 0 ? Promise.reject(new Error('died')) : Promise.resolve(planBatch(input, tools))),
    close: () => Promise.resolve(),
  }
  const { ledger, retries, read } = await setUp(() => ({}), { pool })
  t.equal(nameOf(await ask(ledger, buy(1))), 'receipt')
  t.strictSame(retries, ['thread', 'thread'])
  failures = Infinity
  t.equal(nameOf(await ask(ledger, buy(1))), 'OVERLOADED')
  t.equal((await read('good/sword')).stock, 99)
})

t.test('a queue that is full says so, with a time', async (t) => {
  const { ledger } = await setUp(() => ({}), { queueMax: 3 })
  const outcomes = await Promise.all(Array.from({ length: 5 }, () => ask(ledger, buy(1))))
  t.strictSame(outcomes.map(nameOf).sort(), ['OVERLOADED', 'OVERLOADED', 'receipt', 'receipt', 'receipt'])
  t.match(outcomes.at(-1), { details: { retry_after_ms: Number } })
})
