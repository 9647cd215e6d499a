import t from 'tap'
import { planBatch } from '../../src/ledger/plan.ts'
import { keysOf, type LedgerRequest } from '../../src/ledger/requests.ts'
import { sweepLedger } from '../../src/ledger/retention.ts'
import type { UserId } from '../../src/protocol/ids.ts'
import { createMemoryStore } from '../../src/store/memory/memory-store.ts'

const HOUR_MS = 3_600_000

t.test('what is older than it has to be kept goes: entries with their keys; the player stays', async (t) => {
  let nowMs = 1_790_000_000_000
  const clock = { nowMs: () => nowMs, wallMs: () => nowMs }
  const store = createMemoryStore({ clock, epoch: 'e' })
  let ids = 0
  const run = async (...requests: LedgerRequest[]) => {
    const keys = [...new Set(requests.flatMap(keysOf))]
    const stored = await store.get(keys)
    const records = new Map(keys.map((key, i) => [key, stored[i]?.value ?? null]))
    const tools = { newId: () => `id-${String(++ids).padStart(6, '0')}`, sign: () => '' }
    const { puts } = planBatch({ nowMs, requests, records }, tools)
    await store.commit({ puts, durable: true })
  }
  const credit = (n: number): LedgerRequest => {
    const idempotencyKey = `credit-number-${n}-000`
    return { kind: 'credit', userId: 'alice' as UserId, currency: 'gold', amount: n, idempotencyKey }
  }
  for (let n = 1; n <= 50; n++) {
    await run(credit(n))
    nowMs += HOUR_MS
  }
  const keysNow = async () => (await store.list('', { limit: 1000 })).map(({ key }) => key)
  t.equal((await keysNow()).length, 101)
  t.equal(await sweepLedger({ store, clock, keepMs: 60 * HOUR_MS }), 0)
  t.equal(await sweepLedger({ store, clock, keepMs: 10 * HOUR_MS }), 40)
  const left = await keysNow()
  t.equal(left.length, 21, 'ten entries with their keys, and the player')
  t.ok(left.includes('player/alice'))
  t.ok(left.includes('once/credit/alice/credit-number-41-000'))
  t.equal(await sweepLedger({ store, clock, keepMs: 10 * HOUR_MS }), 0)
  await run(credit(51))
  t.equal((await keysNow()).length, 23, 'the ledger goes on')
})
