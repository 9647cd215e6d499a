import t from 'tap'
import { onceKey } from '../../src/idempotency/key.ts'
import { KeySweep } from '../../src/idempotency/sweep.ts'
import { encodeRecord } from '../../src/store/json-records.ts'
import { createMemoryStore } from '../../src/store/memory/memory-store.ts'

const HOUR_MS = 3_600_000

t.test('keys that stand in no ledger go a page at a time, and the young ones stay', async (t) => {
  let nowMs = 1_790_000_000_000
  const clock = { nowMs: () => nowMs, wallMs: () => nowMs }
  const store = createMemoryStore({ clock, epoch: 'e' })
  const pass = (ms: number) => void (nowMs += ms)
  const put = (kind: 'restock' | 'broadcast' | 'message' | 'room', from: number, count: number) => {
    const value = encodeRecord({ fingerprint: '', at: clock.wallMs(), answer: {} })
    const names = Array.from({ length: count }, (_, i) => String(from + i).padStart(16, '0'))
    return store.commit({ puts: names.map((name) => ({ key: onceKey(kind, 'whose', name), value })), durable: true })
  }
  for (const kind of ['restock', 'message', 'room'] as const) await put(kind, 0, 2)
  await put('broadcast', 1_000, 1_500)
  pass(2 * HOUR_MS)
  await put('broadcast', 0, 1_000)
  await store.commit({ puts: [{ key: 'once/buy/alice/x', value: encodeRecord({ at: 0 }) }], durable: true })
  const keys = new KeySweep({ store, clock, keepMs: HOUR_MS })
  t.equal(await keys.sweep(), 6, 'the first page of broadcasts is young')
  t.equal(await keys.sweep(), 1_000)
  t.equal(await keys.sweep(), 500)
  t.equal(await keys.sweep(), 0)
  const left = (await store.list('once/', { limit: 5_000 })).map(({ key }) => key)
  t.equal(left.length, 1_001)
  t.ok(left.includes('once/buy/alice/x'), 'those of the ledger go with it')
  pass(2 * HOUR_MS)
  t.equal((await keys.sweep()) + (await keys.sweep()), 1_000, 'and it begins anew')
})
