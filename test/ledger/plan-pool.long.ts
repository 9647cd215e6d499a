import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { systemClock } from '../../src/base/clock.ts'
import { systemRandom } from '../../src/base/random.ts'
import { Ledger } from '../../src/ledger/ledger.ts'
import { openPlanPool } from '../../src/ledger/plan-pool.ts'
import type { LedgerRequest } from '../../src/ledger/requests.ts'
import { Refusal } from '../../src/protocol/errors.ts'
import type { Namespace, UserId } from '../../src/protocol/ids.ts'
import { encodeRecord } from '../../src/store/json-records.ts'
import { createMemoryStore } from '../../src/store/memory/memory-store.ts'
import { NO_LOG } from '../helpers/no-log.ts'

/** A busy machine takes seconds to start a thread, and a batch that hangs is tried three times. */
const BATCH_MS_MAX = 8_000
/** Far away: what is looked at is the pool, on a machine that may be busy. */
const ANSWERED_WITHIN_MS = 60_000

function buy(goodId: string): LedgerRequest {
  const who = { userId: 'alice' as UserId, namespace: 'private' as Namespace }
  return { kind: 'purchase', ...who, goodId, count: 1, idempotencyKey: null, expectedPrice: null, traceparent: null }
}

t.test(
  'a thread that loops, throws, exits or takes all memory: answered, nothing done, and the pool is back',
  async (t) => {
    const signingKey = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const pool = openPlanPool({
      threads: 1,
      signingKey,
      script: new URL('./bad-thread.ts', import.meta.url),
      onError: () => {},
      timeoutMs: BATCH_MS_MAX,
    })
    t.teardown(() => pool.close())
    const store = createMemoryStore({ clock: systemClock, epoch: 'e' })
    const free = { stock: 100, per_user_limit: null, sale_from: null, sale_until: null }
    const goods = ['sword', 'loop', 'throw', 'exit', 'memory'].map((id) => {
      return { key: `good/${id}`, value: encodeRecord({ id, name: id, price: 1, currency: 'gold', ...free }) }
    })
    await store.commit({ puts: goods, durable: true })
    const ledger = new Ledger({
      store,
      pool,
      clock: systemClock,
      random: systemRandom,
      log: NO_LOG,
      newestMs: 0,
      queueMax: 100,
      onBatch: () => {},
      onRetry: () => {},
    })
    const ask = (request: LedgerRequest) =>
      new Promise<string>((resolve) =>
        ledger.submit(
          request,
          (outcome) => resolve(outcome instanceof Refusal ? outcome.code : outcome.kind),
          undefined,
          performance.now() + ANSWERED_WITHIN_MS,
        ),
      )
    const credit = { userId: 'alice' as UserId, currency: 'gold', amount: 100, idempotencyKey: 'funds-of-alice-0' }
    t.equal(await ask({ kind: 'credit', ...credit }), 'player')
    for (const good of ['loop', 'throw', 'exit', 'memory']) {
      const both = await Promise.all([ask(buy(good)), ask(buy('sword'))])
      t.strictSame(both, ['OVERLOADED', 'receipt'], `${good}: and nobody else's purchase`)
      t.equal(await ask(buy('sword')), 'receipt', 'the pool is back')
      const [record] = await store.get([`good/${good}`])
      t.match(JSON.parse(Buffer.from(record?.value ?? []).toString()), { stock: 100 }, 'nothing was done')
    }
  },
)
