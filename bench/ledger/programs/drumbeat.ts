import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPairSync } from 'node:crypto'
import { systemClock } from '../../../src/base/clock.ts'
import { createLog } from '../../../src/base/log.ts'
import { systemRandom } from '../../../src/base/random.ts'
import { loadConfig } from '../../../src/config/load.ts'
import { newPlayer } from '../../../src/domain/player.ts'
import { Ledger } from '../../../src/ledger/ledger.ts'
import { goodKey, playerKey } from '../../../src/ledger/keys.ts'
import { openPlanPool } from '../../../src/ledger/plan-pool.ts'
import { openStore } from '../../../src/open-store.ts'
import type { Namespace, UserId } from '../../../src/protocol/ids.ts'
import { Refusal } from '../../../src/protocol/errors.ts'
import { encodeRecord } from '../../../src/store/json-records.ts'
import { runLoad } from '../run-load.ts'
import { CURRENCY, createOrders, FUNDS, goodId, playerId, PRICE, STOCK, type LedgerLoad } from '../workload.ts'

/** The ledger as the primary runs it, without sockets: store, pool, signatures, the log. */
const load = JSON.parse(process.argv[2] ?? '') as LedgerLoad
const DATA_DIR = process.env['DATA_DIR'] ?? mkdtempSync(join(tmpdir(), 'drumbeat-ledger-'))
const config = loadConfig({
  env: { ...process.env, DATA_DIR, AUTH_JWT_SECRET: 'x'.repeat(32), ADMIN_TOKEN: 'x'.repeat(32) },
})
const log = createLog({ level: 'warn', pretty: false, bindings: {} })
const { store } = await openStore({
  settings: config.settings,
  clock: systemClock,
  random: systemRandom,
  log,
  onEtcdCall() {},
  onLost: (reason) => {
    throw new Error(reason)
  },
})
await store.follow({ onStart: () => {}, onBatch: () => {}, onProgress: () => {} })
const signingKey = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const pool = openPlanPool({ threads: config.settings.BUY_THREADS, signingKey, onError: console.error })
const count = { batches: 0, requests: 0, conflicts: 0, planMs: 0, commitMs: 0 }
const ledger = new Ledger({
  store,
  pool,
  clock: systemClock,
  random: systemRandom,
  log,
  newestMs: 0,
  queueMax: 100_000,
  onBatch: ({ requests, planMs, commitMs }) => {
    count.batches++
    count.requests += requests
    count.planMs += planMs
    count.commitMs += commitMs
  },
  onRetry: () => count.conflicts++,
})

const records = [
  ...Array.from({ length: load.goods }, (_, i) => {
    const good = { id: goodId(i), name: goodId(i), price: PRICE, currency: CURRENCY, stock: STOCK }
    const free = { per_user_limit: null, sale_from: null, sale_until: null }
    return { key: goodKey(goodId(i)), value: encodeRecord({ ...good, ...free }) }
  }),
  ...Array.from({ length: load.players }, (_, i) => {
    const player = { ...newPlayer(playerId(i) as UserId), balances: { [CURRENCY]: FUNDS } }
    return { key: playerKey(playerId(i) as UserId), value: encodeRecord(player) }
  }),
]
for (let i = 0; i < records.length; i += 120) await store.commit({ puts: records.slice(i, i + 120), durable: true })

const order = createOrders(load)
const result = await runLoad(load, () => {
  const { user, good } = order()
  return new Promise<void>((resolve, reject) => {
    const request = { userId: user as UserId, namespace: 'private' as Namespace, goodId: good, count: 1 }
    const rest = { idempotencyKey: null, expectedPrice: null, traceparent: null }
    ledger.submit({ kind: 'purchase', ...request, ...rest }, (outcome) => {
      if (!(outcome instanceof Refusal) && outcome.kind === 'receipt') resolve()
      else reject(outcome instanceof Refusal ? outcome : new Error(JSON.stringify(outcome)))
    })
  })
})
const notes = {
  perBatch: count.requests / count.batches,
  conflicts: count.conflicts,
  planMs: count.planMs / count.batches,
  commitMs: count.commitMs / count.batches,
}
console.log(JSON.stringify({ ...result, notes }))
process.exit(0)
