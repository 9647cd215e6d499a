/**
 * PROOFS P15 on a real server: all connections are dropped at once, and all come back, each with all that it missed. `npm run prove -- herd` with
 * CONNECTIONS=15000; it takes as many file descriptors here, and on the server together.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { startServer, type TestServer } from '../helpers/server.ts'
import { holdsWithin } from '../helpers/until.ts'
import { Guest, polite, rude, type Manners } from './herd.ts'
import { metricOf, processesOf, totalOf } from './server-vitals.ts'

const CONNECTIONS = Number(process.env['CONNECTIONS'] ?? 15_000)
const EVENTS_MISSED = 20
const EVENT_BYTES = 200
const OPENING_AT_ONCE = 100
const LOOP_DELAY_MS_MAX = 100
const SETTLE_MS_MAX = 30_000
/** The metric is of the last one to two windows of 15 s. */
const LOOP_DELAY_WINDOWS_MS = 31_000
const LOOK_MS = 5_000

for (const { name, manners, withinMs } of [
  { name: 'polite', manners: polite, withinMs: 30_000 },
  { name: 'rude', manners: rude, withinMs: 60_000 },
]) {
  t.test(`${CONNECTIONS} ${name} clients that were dropped at once are all back, and miss nothing`, async (t) => {
    const server = await startServer(t, { WORKERS: '2' })
    const herd = Array.from({ length: CONNECTIONS }, (_, i) => new Guest(server.port, i))
    t.teardown(() => herd.forEach((guest) => guest.drop()))
    await open(herd)
    await say(server, 1)
    t.ok(await holdsWithin(() => herd.every(({ events }) => events === 1), SETTLE_MS_MAX), 'all are there')

    for (const guest of herd) guest.drop()
    await holdsWithin(async () => (await connections(server)) === 0, SETTLE_MS_MAX)
    t.equal(await connections(server), 0, 'all are gone')
    await say(server, EVENTS_MISSED)
    await sleep(LOOP_DELAY_WINDOWS_MS) // nothing of what was before is in it
    const delaysMs: number[] = []
    const look = async () => delaysMs.push(...(await loopDelaysMs(server)))
    const looking = setInterval(() => void look(), LOOK_MS)
    const { lastMs, medianMs } = await comeBack(herd, manners, 1 + EVENTS_MISSED)
    clearInterval(looking)
    await look()

    await say(server, 1)
    const all = 1 + EVENTS_MISSED + 1
    await holdsWithin(() => herd.every(({ events }) => events >= all), SETTLE_MS_MAX)
    const attempts = herd.reduce((sum, guest) => sum + guest.attempts, 0) - CONNECTIONS
    t.comment(
      `half are back after ${Math.round(medianMs)} ms, all after ${Math.round(lastMs)} ms, ${attempts} attempts`,
    )
    t.comment(`loop delay p99: ${Math.max(...delaysMs).toFixed(1)} ms at most`)
    t.ok(lastMs <= withinMs, `all are back and have what they missed within ${withinMs / 1000} s`)
    t.ok(Math.max(...delaysMs) <= LOOP_DELAY_MS_MAX, `no loop was delayed by more than ${LOOP_DELAY_MS_MAX} ms (p99)`)
    t.strictSame(herd.flatMap(({ wrong }) => wrong).slice(0, 5), [], 'in order, nothing missing, nothing twice')
    t.equal(herd.filter(({ events }) => events === all).length, CONNECTIONS, 'each has every event')
    t.equal(herd.filter(({ isConnected }) => isConnected).length, CONNECTIONS, 'none was closed')
    t.equal(await connections(server), CONNECTIONS)
    t.equal(processesOf(server).length, 3, 'no worker died')
  })
}

async function loopDelaysMs(server: TestServer): Promise<readonly number[]> {
  return (await metricOf(server, 'drumbeat_event_loop_delay_p99_seconds')).map((seconds) => seconds * 1000)
}

async function open(herd: readonly Guest[]): Promise<void> {
  const left = herd.values()
  const openSome = async () => {
    for (const guest of left) if (!(await guest.connect())) throw new Error('a first connection was refused')
  }
  await Promise.all(Array.from({ length: OPENING_AT_ONCE }, openSome))
}

/** When the last one, and half of them, had what they missed; from the moment on at which all set out. */
async function comeBack(herd: readonly Guest[], manners: Manners, events: number) {
  const startedMs = performance.now()
  const tookMs = await Promise.all(
    herd.map(async (guest) => {
      await guest.comeBack(manners, events)
      return performance.now() - startedMs
    }),
  )
  tookMs.sort((a, b) => a - b)
  return { lastMs: tookMs.at(-1) ?? 0, medianMs: tookMs[Math.floor(tookMs.length / 2)] ?? 0 }
}

async function say(server: TestServer, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await server.admin('POST', '/api/v1/broadcast', { namespace: 'guest', message: 'x'.repeat(EVENT_BYTES) })
  }
}

function connections(server: TestServer): Promise<number> {
  return totalOf(server, 'drumbeat_connections')
}
