/**
 * PROOFS P16, `npm run prove -- rolling`: every worker is replaced, several times, under CLIENTS=1000 players in rooms, RATE=300 broadcasts a
 * second among them, purchases, and HANDSHAKES=200 new connections a second. Every player gets every event of their room once and in order,
 * no purchase fails, and at most one handshake in a thousand does. Writes bench/results/rolling.json and its plot.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { plotLines } from '../../bench/plot.ts'
import { openClient } from '../helpers/client.ts'
import { startServer } from '../helpers/server.ts'
import { holdsWithin } from '../helpers/until.ts'
import { atRate, gather } from './players.ts'

const CLIENTS = Number(process.env['CLIENTS'] ?? 1_000)
const RATE = Number(process.env['RATE'] ?? 300)
const HANDSHAKES = Number(process.env['HANDSHAKES'] ?? 200)
const ROLLS = Number(process.env['ROLLS'] ?? 3)
const WORKERS = Number(process.env['WORKERS'] ?? 2)
const QUIET_MS = 5_000
const RESULTS = join(import.meta.dirname, '../../bench/results')
const BUCKET_MS = 250

async function orNote(failed: string[], what: string, promise: Promise<unknown>): Promise<void> {
  try {
    await promise
  } catch (error) {
    failed.push(`${what}: ${String(error)}`)
  }
}

t.test('every worker is replaced, and nobody notices', async (t) => {
  const server = await startServer(t, { WORKERS: String(WORKERS), SHUTDOWN_TIMEOUT: '15s' })
  await server.admin('PUT', '/api/v1/goods/apple', { name: 'Apple', price: 1, currency: 'gold', stock: null })
  const latencies = new Map<number, number[]>()
  const startedMs = performance.now()
  const note = (latencyMs: number) => {
    const bucket = Math.floor((performance.now() - startedMs) / BUCKET_MS)
    const those = latencies.get(bucket)
    if (those) those.push(latencyMs)
    else latencies.set(bucket, [latencyMs])
  }
  const players = await gather(t, server, CLIENTS, note)
  const buyers = players.slice(0, 50)
  for (const [i] of buyers.entries()) {
    const gold = { currency: 'gold', amount: 1_000_000, idempotency_key: `gold-of-player-${i}`.padEnd(16, '-') }
    await server.admin('POST', `/api/v1/players/player-${i}/credit`, gold)
  }

  const failed: string[] = []
  const refused: string[] = []
  const said = new Map<string, number>()
  const stopSpeaking = atRate(RATE, async (n) => {
    const player = players[(n * 7) % players.length]
    if (!player) return
    said.set(player.room, (said.get(player.room) ?? 0) + 1)
    const message = { n, atMs: performance.now() }
    await orNote(failed, 'broadcast', player.client.broadcast(message, { room: player.room }))
  })
  const stopBuying = atRate(50, async (n) => {
    const { client } = buyers[n % buyers.length] ?? {}
    if (client) await orNote(failed, 'purchase', client.buyGood({ goodId: 'apple', count: 1 }))
  })
  const knock = async () => (await openClient(server)).close()
  const stopKnocking = atRate(HANDSHAKES, () => orNote(refused, 'handshake', knock()))
  const done = () => server.logs().filter((line) => line['msg'] === 'all workers were replaced').length
  await sleep(QUIET_MS)
  const rolls: { fromMs: number; toMs: number }[] = []
  for (let roll = 0; roll < ROLLS; roll++) {
    const fromMs = performance.now() - startedMs
    process.kill(server.pid, 'SIGHUP')
    t.ok(await holdsWithin(() => done() > roll, 120_000), `roll ${roll + 1}`)
    rolls.push({ fromMs, toMs: performance.now() - startedMs })
    t.comment(`roll ${roll + 1} took ${((rolls.at(-1)?.toMs ?? 0) - fromMs).toFixed(0)} ms`)
    await sleep(QUIET_MS)
  }
  const [broadcasts, purchases, handshakes] = await Promise.all([stopSpeaking(), stopBuying(), stopKnocking()])
  await holdsWithin(() => players.every(({ heard, room }) => heard.length === said.get(room)), 20_000)

  const perRoom = new Map(players.map(({ room, heard }) => [room, heard]))
  const wrong = players.filter(({ heard, room }) => {
    return heard.length !== said.get(room) || heard.some((n, i) => n !== perRoom.get(room)?.[i])
  })
  t.equal(wrong.length, 0, 'every event once, in one order for the room')
  t.ok(players.every(({ heard }) => new Set(heard).size === heard.length))
  t.strictSame(failed, [], `${broadcasts} broadcasts, ${purchases} purchases`)
  t.ok(
    refused.length <= handshakes / 1_000,
    `${refused.length} of ${handshakes} handshakes failed: ${refused[0] ?? ''}`,
  )
  const without = players.filter(({ losses }) => losses > 0).length
  t.comment(`${without} of ${CLIENTS} players were without a connection for a moment`)
  write({ latencies, rolls, counts: { broadcasts, purchases, handshakes, refused: refused.length, without } })
})

interface Findings {
  readonly latencies: ReadonlyMap<number, readonly number[]>
  readonly rolls: readonly { readonly fromMs: number; readonly toMs: number }[]
  readonly counts: Readonly<Record<string, number>>
}

function write({ latencies, rolls, counts }: Findings): void {
  const at = (sorted: readonly number[], share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? 0
  const rows = [...latencies]
    .sort(([one], [other]) => one - other)
    .map(([bucket, those]) => {
      const sorted = [...those].sort((one, other) => one - other)
      return { s: (bucket * BUCKET_MS) / 1000, p50: at(sorted, 0.5), p99: at(sorted, 0.99) }
    })
  const during = rows.filter(({ s }) => rolls.some(({ fromMs, toMs }) => s * 1000 >= fromMs && s * 1000 <= toMs))
  const worst = (those: readonly { readonly p99: number }[]) => Math.max(...those.map(({ p99 }) => p99))
  t.comment(
    `p99 in 250 ms: at most ${worst(during).toFixed(0)} ms during the rolls, ${worst(rows.filter((row) => !during.includes(row))).toFixed(0)} ms outside`,
  )
  writeFileSync(
    join(RESULTS, 'rolling.json'),
    `${JSON.stringify({ clients: CLIENTS, rate: RATE, workers: WORKERS, counts, rolls, rows })}\n`,
  )
  const plot = plotLines({
    title: `Latency while ${WORKERS} workers are replaced (${rolls.map(({ fromMs, toMs }) => `${(fromMs / 1000).toFixed(0)}-${(toMs / 1000).toFixed(0)} s`).join(', ')})`,
    xAxis: 's',
    yAxis: 'ms',
    series: [
      { name: 'p50', points: rows.map(({ s, p50 }) => [s, p50]) },
      { name: 'p99', points: rows.map(({ s, p99 }) => [s, p99]) },
    ],
  })
  writeFileSync(join(RESULTS, 'rolling.svg'), plot)
}
