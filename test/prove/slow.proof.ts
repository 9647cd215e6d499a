/**
 * PROOFS P14, `npm run prove -- slow`: SLOW=100 of CLIENTS=1000 clients read 1 KB a second while RATE=200 broadcasts a second of 1 KB go to all, for
 * SECONDS=60. What the slow ones cost the server in memory is bounded, they are closed within 20 s, and the others notice nothing: their p99
 * is at most 1.2 times what it is without slow ones, and they miss no event. The load is that of the bench (`slow-readers`).
 * The 20 s begin with the first broadcast: of them the kernel's buffers take some 16 where tcp_wmem allows 4 MiB, before the server sees anything.
 */
import { resolve } from 'node:path'
import t from 'tap'
import { runSlow, type SlowLoad } from '../../bench/load/slow.ts'
import { drumbeat } from '../../bench/peers/drumbeat.ts'
import { loadConfig } from '../../src/config/load.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { memoryOf, processesOf } from './server-vitals.ts'

const CLIENTS = Number(process.env['CLIENTS'] ?? 1_000)
const SLOW = Number(process.env['SLOW'] ?? 100)
const RATE = Number(process.env['RATE'] ?? 200)
const SECONDS = Number(process.env['SECONDS'] ?? 60)
const MESSAGE_BYTES = 1_000
const CLOSED_S_MAX = 20
const P99_TIMES_MAX = 1.2
const MEMORY_TIMES_MAX = 1.2
/** Of a socket, beside BACKPRESSURE_BYTES: what the server puts there before it begins an outbox. */
const SOCKET_BYTES = 64 * 1024
const LOOK_EVERY_MS = 250

t.setTimeout((SECONDS * 2 + 120) * 1000)

t.test('readers that are too slow cost little memory, are closed, and the others notice nothing', async (t) => {
  const server = await startServer(t, { ...drumbeat.server('').env, DATA_DIR: t.testdir({}) })
  const load = { connections: CLIENTS, rate: RATE, messageBytes: MESSAGE_BYTES, seconds: SECONDS }
  const without = await run(server, { ...load, connections: CLIENTS - SLOW, slow: 0 })
  const slow = await run(server, { ...load, slow: SLOW })

  const extraBytes = Math.max(0, slow.peakBytes - without.peakBytes)
  const { BACKPRESSURE_BYTES } = loadConfig({ env: {} }).settings
  const bytesMax = SLOW * (BACKPRESSURE_BYTES + SOCKET_BYTES) * MEMORY_TIMES_MAX
  const mib = (bytes: number) => `${(bytes / 1024 ** 2).toFixed(0)} MiB`
  t.comment(`without slow readers: p99 ${without.p99Ms.toFixed(1)} ms, ${mib(without.peakBytes)}`)
  t.comment(
    `with them: p99 ${slow.p99Ms.toFixed(1)} ms, ${mib(slow.peakBytes)}, the last closed after ${slow.closedAfterS.toFixed(1)} s`,
  )
  t.ok(extraBytes <= bytesMax, `${mib(extraBytes)} more, of ${mib(bytesMax)}`)
  t.equal(slow.closed, SLOW, 'all slow ones are closed')
  t.ok(slow.closedAfterS <= CLOSED_S_MAX, `within ${CLOSED_S_MAX} s`)
  t.ok(slow.p99Ms <= without.p99Ms * P99_TIMES_MAX, `p99 times ${(slow.p99Ms / without.p99Ms).toFixed(2)}`)
  t.equal(slow.lost, 0, 'the others miss nothing')
  t.strictSame(slow.doubts, [])
  t.notOk(server.output().includes('worker died'))
})

async function run(server: TestServer, load: SlowLoad) {
  let peakBytes = 0
  const look = setInterval(() => {
    const bytes = processesOf(server).reduce((sum, process) => sum + memoryOf(process).anonymousBytes, 0)
    peakBytes = Math.max(peakBytes, bytes)
  }, LOOK_EVERY_MS)
  const target = {
    url: server.url,
    dialect: { module: resolve(import.meta.dirname, '../../bench/peers/index.ts'), name: drumbeat.name },
  }
  const { figures, doubts } = await runSlow(target, load, () => {})
  clearInterval(look)
  return {
    peakBytes,
    doubts,
    p99Ms: figures['p99Ms'] ?? NaN,
    lost: figures['lost'] ?? NaN,
    closed: figures['slowClosed'] ?? NaN,
    closedAfterS: figures['slowClosedAfterS'] ?? NaN,
  }
}
