/**
 * PROOFS P6 and P7, `npm run prove -- killed`: for MINUTES=10 a random worker is killed every 1 to 5 s under CLIENTS=200 players and RATE=100
 * broadcasts a second, then the primary PRIMARIES=10 times. Another worker is ready in 2 s, nobody else's connection closes, and every
 * event that was accepted is heard once and in order by all of its room; after the primary's death nothing is left of it, the
 * next one serves in 10 s, and what was acknowledged is there.
 */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { startServer, type TestServer } from '../helpers/server.ts'
import { holdsWithin } from '../helpers/until.ts'
import { atRate, gather, type Player } from './players.ts'

const MINUTES = Number(process.env['MINUTES'] ?? 10)
const CLIENTS = Number(process.env['CLIENTS'] ?? 200)
const RATE = Number(process.env['RATE'] ?? 100)
const PRIMARIES = Number(process.env['PRIMARIES'] ?? 10)
const READY_MS_MAX = 2_000
const SERVING_MS_MAX = 10_000
const ENV = { WORKERS: '3', RATE_MESSAGES: '10000' }

interface ConnectionList {
  readonly items: readonly { readonly worker: number; readonly user_id: string }[]
}

interface WorkerLine {
  readonly worker: number
  readonly pid: number
}

/** It runs and is one of this server's: ids are given again, and one that nobody has asked for its end runs no more. */
function isWorker(server: TestServer, { pid }: WorkerLine): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return !/^State:\s+Z/m.test(status) && new RegExp(`^PPid:\\s+${server.pid}$`, 'm').test(status)
  } catch {
    return false
  }
}

/** It runs still, and is a worker of somebody. */
function isOrphan({ pid }: WorkerLine): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--worker')
  } catch {
    return false
  }
}

const workerLines = (server: TestServer) =>
  server.logs().filter((line) => line['msg'] === 'worker ready') as unknown as readonly WorkerLine[]

/** Says numbers in the rooms; keeps those that were accepted, by room. */
function speak(players: readonly Player[]) {
  const accepted = new Map<string, Set<number>>()
  let unknown = 0
  const stop = atRate(RATE, async (n) => {
    const player = players[(n * 7) % players.length]
    if (!player) return
    const message = { n, atMs: performance.now() }
    const { room } = player
    await player.client.broadcast(message, { room }).then(
      () => void (accepted.get(room) ?? accepted.set(room, new Set()).get(room))?.add(n),
      () => void unknown++,
    )
  })
  return { accepted, unknown: () => unknown, stop }
}

/** Every accepted number heard by all of its room, none twice, all in the same order. */
async function check(t: Test, players: readonly Player[], accepted: ReadonlyMap<string, ReadonlySet<number>>) {
  const misses = ({ heard, room }: Player) => {
    const known = new Set(heard)
    return [...(accepted.get(room) ?? [])].filter((n) => !known.has(n))
  }
  await holdsWithin(() => players.every((player) => misses(player).length === 0), 30_000)
  const first = new Map([...players].reverse().map(({ room, heard }) => [room, heard]))
  t.equal(players.filter((player) => misses(player).length > 0).length, 0, 'nobody misses anything')
  t.equal(players.filter(({ heard }) => new Set(heard).size < heard.length).length, 0, 'nothing twice')
  const disordered = players.filter(({ heard, room }) => heard.some((n, i) => n !== first.get(room)?.[i]))
  t.equal(disordered.length, 0, 'one order for a room')
}

t.test(`a worker is killed every 1 to 5 s, for ${MINUTES} min`, async (t) => {
  const server = await startServer(t, ENV)
  const players = await gather(t, server, CLIENTS)
  const speaking = speak(players)
  const readyMs: number[] = []
  let others = 0
  let kills = 0
  let moved = 0
  const untilMs = performance.now() + MINUTES * 60_000
  while (performance.now() < untilMs) {
    await sleep(1_000 + Math.random() * 4_000)
    const alive = workerLines(server).filter((line) => isWorker(server, line))
    const victim = alive[Math.floor(Math.random() * alive.length)]
    if (!victim || !(await holdsWithin(() => players.every(({ client }) => client.status === 'ready'), 10_000)))
      continue
    const { items } = (await server.admin('GET', '/api/v1/connections?limit=1000')) as ConnectionList
    const onIt = new Set(items.filter(({ worker }) => worker === victim.worker).map(({ user_id }) => user_id))
    const before = new Map(players.map(({ name, losses }) => [name, losses]))
    const known = workerLines(server).length
    const killedMs = performance.now()
    process.kill(victim.pid, 'SIGKILL')
    kills++
    if (await holdsWithin(() => workerLines(server).length > known, 10_000)) readyMs.push(performance.now() - killedMs)
    else t.fail('no other worker came')
    moved += onIt.size
    others += players.filter(({ name, losses }) => !onIt.has(name) && losses > (before.get(name) ?? 0)).length
    if (kills % 20 === 0) t.comment(`${kills} workers killed, ${moved} connections with them`)
  }
  const said = await speaking.stop()
  readyMs.sort((one, other) => one - other)
  const worst = readyMs.at(-1) ?? 0
  t.comment(
    `${kills} kills, ${moved} connections; ready after ${readyMs[readyMs.length >> 1]?.toFixed(0)} ms, at worst ${worst.toFixed(0)}`,
  )
  t.comment(`${said} broadcasts, ${speaking.unknown()} of them without an answer`)
  t.ok(kills > 0 && moved > 0)
  t.ok(worst < READY_MS_MAX, 'another one is ready in 2 s')
  t.equal(others, 0, 'nobody else was cut off')
  await check(t, players, speaking.accepted)
})

t.test(`the primary is killed, ${PRIMARIES} times`, async (t) => {
  const server = await startServer(t, ENV)
  await server.admin('PUT', '/api/v1/goods/apple', { name: 'Apple', price: 1, currency: 'gold', stock: null })
  const gold = { currency: 'gold', amount: 1_000_000, idempotency_key: 'gold-of-player-0' }
  await server.admin('POST', '/api/v1/players/player-0/credit', gold)
  const players = await gather(t, server, CLIENTS)
  const [buyer] = players
  let bought = 0
  const stopBuying = atRate(20, async () => {
    await buyer?.client.buyGood({ goodId: 'apple', count: 1 }).then(
      () => void bought++,
      () => {},
    )
  })
  const speaking = speak(players)
  const servingMs: number[] = []
  for (let kill = 0; kill < PRIMARIES; kill++) {
    await sleep(1_000 + Math.random() * 2_000)
    const workers = workerLines(server).filter((line) => isWorker(server, line))
    const killedMs = performance.now()
    await server.kill()
    t.notOk(workers.some(isOrphan), 'no worker outlives it')
    await server.restart()
    servingMs.push(performance.now() - killedMs)
    t.ok(await holdsWithin(() => players.every(({ client }) => client.status === 'ready'), 20_000), 'all are back')
  }
  await Promise.all([speaking.stop(), stopBuying()])
  t.comment(`serving again after ${servingMs.map((ms) => ms.toFixed(0)).join(', ')} ms`)
  t.ok(Math.max(...servingMs) < SERVING_MS_MAX)
  await check(t, players, speaking.accepted)
  const { inventory } = (await server.admin('GET', '/api/v1/players/player-0')) as { inventory: { apple: number } }
  t.ok(inventory.apple >= bought && bought > 0, `${bought} acknowledged, ${inventory.apple} there`)
})
