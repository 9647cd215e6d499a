import t from 'tap'
import { recordKey, SWEPT_KINDS, type KeyedKind } from '../../src/idempotency/key.ts'
import { toPut } from '../../src/idempotency/record.ts'
import { RecordSweep } from '../../src/idempotency/sweep.ts'
import { encodeRecord } from '../../src/store/json-records.ts'
import { createMemoryStore } from '../../src/store/memory/memory-store.ts'
import type { Store, Transaction } from '../../src/store/store.ts'
import { createManualClock } from '../helpers/manual-clock.ts'
import { setUp } from './fixtures.ts'

const HOUR_MS = 3_600_000
const onUnreadable = (key: string) => {
  throw new Error(`${key} is readable`)
}

function openStore() {
  const clock = createManualClock()
  const store = createMemoryStore({ clock, epoch: 'e' })
  const put = (kind: KeyedKind, from: number, count: number) => {
    const record = { fingerprint: '', at: clock.wallMs(), answer: {} }
    const names = Array.from({ length: count }, (_, i) => String(from + i).padStart(16, '0'))
    return store.commit({ puts: names.map((name) => toPut(recordKey(kind, 'owner', name), record)), durable: true })
  }
  const keysLeft = async () => (await store.list('once/', { limit: 5_000 })).map(({ key }) => key)
  return { clock, store, put, keysLeft }
}

t.test('a key is known for the retention, and is good for another request after it', async (t) => {
  const { store, clock, events, node } = await setUp()
  const sweep = new RecordSweep({ store, onUnreadable })
  const { append } = node()
  await append({ eventId: 'event-1' })
  clock.pass(HOUR_MS)
  t.equal(await sweep.sweep(clock.wallMs() - HOUR_MS), 0)
  await t.rejects(append({ eventId: 'event-2', fingerprint: 'bye' }), { code: 'IDEMPOTENCY_CONFLICT' })
  clock.pass(1)
  t.equal(await sweep.sweep(clock.wallMs() - HOUR_MS), 1)
  t.strictSame(await append({ eventId: 'event-3', fingerprint: 'bye' }), { offset: 2 })
  t.strictSame(events, ['event-1', 'event-3'])
})

t.test('keys that stand in no ledger go a page at a time, and the young ones stay', async (t) => {
  const { clock, store, put, keysLeft } = openStore()
  for (const kind of SWEPT_KINDS) if (kind !== 'broadcast') await put(kind, 0, 2)
  await put('broadcast', 1_000, 1_500)
  clock.pass(2 * HOUR_MS)
  await put('broadcast', 0, 1_000)
  await store.commit({ puts: [{ key: 'once/buy/alice/x', value: encodeRecord({ at: 0 }) }], durable: true })
  const keys = new RecordSweep({ store, onUnreadable })
  t.equal(
    await keys.sweep(clock.wallMs() - HOUR_MS),
    2 * (SWEPT_KINDS.length - 1),
    'the first page of broadcasts is young',
  )
  t.equal(await keys.sweep(clock.wallMs() - HOUR_MS), 1_000)
  t.equal(await keys.sweep(clock.wallMs() - HOUR_MS), 500)
  t.equal(await keys.sweep(clock.wallMs() - HOUR_MS), 0)
  const left = await keysLeft()
  t.equal(left.length, 1_001)
  t.ok(left.includes('once/buy/alice/x'), 'those of the ledger go with it')
  clock.pass(2 * HOUR_MS)
  t.equal(
    (await keys.sweep(clock.wallMs() - HOUR_MS)) + (await keys.sweep(clock.wallMs() - HOUR_MS)),
    1_000,
    'and it begins anew',
  )
})

t.test('a record that is put again while it is swept stays', async (t) => {
  const { clock, store, put, keysLeft } = openStore()
  await put('room', 0, 1)
  clock.pass(2 * HOUR_MS)
  // Another node has swept it, and a new request has come, between this sweep's reading and its commit.
  const slow: Pick<Store, 'list' | 'commit' | 'limits'> = {
    limits: store.limits,
    list: (prefix, page) => store.list(prefix, page),
    commit: async (transaction: Transaction) => {
      await put('room', 0, 1)
      return store.commit(transaction)
    },
  }
  await new RecordSweep({ store: slow, onUnreadable }).sweep(clock.wallMs() - HOUR_MS)
  t.strictSame(await keysLeft(), ['once/room/owner/0000000000000000'])
})

t.test('two nodes that sweep at once delete each record', async (t) => {
  const { clock, store, put, keysLeft } = openStore()
  await put('message', 0, 500)
  clock.pass(2 * HOUR_MS)
  const nodes = [1, 2].map(() => new RecordSweep({ store, onUnreadable }))
  await Promise.all(nodes.map((node) => node.sweep(clock.wallMs() - HOUR_MS)))
  t.strictSame(await keysLeft(), [])
})

t.test('a record that nobody can read is said once, and those around it go', async (t) => {
  const { clock, store, put, keysLeft } = openStore()
  await put('broadcast', 1, 3)
  const [unreadable, untimed] = ['once/broadcast/owner/0000000000000002', 'once/broadcast/owner/x']
  const values = [Buffer.from('{"fingerprint":'), encodeRecord(null)]
  await store.commit({
    puts: [unreadable, untimed].map((key, i) => ({ key, value: values[i] ?? Buffer.of() })),
    durable: true,
  })
  clock.pass(2 * HOUR_MS)
  const said: string[] = []
  const sweep = new RecordSweep({ store, onUnreadable: (key) => said.push(key) })
  t.equal(await sweep.sweep(clock.wallMs() - HOUR_MS), 2)
  t.strictSame(await keysLeft(), [unreadable, untimed])
  await put('broadcast', 4, 1)
  clock.pass(2 * HOUR_MS)
  t.equal(await sweep.sweep(clock.wallMs() - HOUR_MS), 1)
  t.strictSame(said, [unreadable, untimed])
})
