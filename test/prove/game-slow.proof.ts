/**
 * `npm run prove -- game-slow`: SLOW=100 of CLIENTS=1000 players, 50 to a room, read 1 KB a second of the 100 KB that their game says
 * (BYTES=5000 a tick). For SECONDS=60 from when they are seen to be slow, none is closed for it, all have the same state at last, and the others' patches are as old as before: their p99 is at most
 * 1.2 times what it was for as long without slow ones. The kernel's buffers take some 4 MB of each before.
 */
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import { isDeepStrictEqual } from 'node:util'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { startServer } from '../helpers/server.ts'
import { holdsWithin } from '../helpers/until.ts'
import { encodingOf, gameFile, LOAD_ENV, openPlayers, openRooms, playAll } from './games/crowd.ts'
import type { WirePlayer } from './games/wire-player.ts'
import { totalOf } from './server-vitals.ts'

const CLIENTS = Number(process.env['CLIENTS'] ?? 1_000)
const SLOW = Number(process.env['SLOW'] ?? 100)
const SECONDS = Number(process.env['SECONDS'] ?? 60)
const BYTES = Number(process.env['BYTES'] ?? 5_000)
const IN_ROOM = 50
const HZ = 20
const SIP_BYTES = 1_024
const SIP_MS = 1_000
const WARM_MS = 5_000
const P99_TIMES_MAX = 1.2
const FLOOR = 0.9
const SLOW_MS_MAX = 300_000
const END_MS_MAX = 120_000

t.setTimeout((SECONDS * 2 + 600) * 1000)

t.test('players who read too slowly get fewer patches, are right at last, and nobody else notices', async (t) => {
  const server = await startServer(t, { ...LOAD_ENV, GAMES: gameFile('bulky'), GAME_HOSTS: '1' })
  const rooms = await openRooms(server, 'bulky', Math.ceil(CLIENTS / IN_ROOM), { bytes: BYTES })
  const seat = (i: number) => ({
    server,
    name: `p-${i}`,
    room: rooms[i % rooms.length] ?? '',
    encoding: encodingOf(Math.floor(i / rooms.length)),
  })
  const quick = await openPlayers(
    t,
    Array.from({ length: CLIENTS - SLOW }, (_, i) => seat(i)),
  )
  const stopQuick = playAll(quick)
  const without = await measure(quick)

  const slow = await openPlayers(
    t,
    Array.from({ length: SLOW }, (_, i) => ({ ...seat(CLIENTS - SLOW + i), sipBytes: SIP_BYTES })),
  )
  // As every client, they are heard of: who says nothing for SOCKET_READ_TIMEOUT is taken for gone, as pings are behind what it has to read.
  const stopSlow = playAll(slow)
  const sipping = setInterval(() => slow.forEach(({ connection }) => connection.sip()), SIP_MS)
  const areSlow = await holdsWithin(
    async () => (await totalOf(server, 'drumbeat_slow_readers')) >= SLOW * FLOOR,
    SLOW_MS_MAX,
  )
  const withSlow = await measure(quick)
  clearInterval(sipping)
  stopQuick()
  stopSlow()

  t.comment(
    `p99 of patches: ${without.p99Ms.toFixed(1)} ms without slow ones, ${withSlow.p99Ms.toFixed(1)} ms with them`,
  )
  for (const { patches } of [without, withSlow]) {
    const wanted = SECONDS * HZ * quick.length
    t.ok(patches >= wanted * FLOOR, `valid: ${patches} patches of ${wanted} came in time`)
  }
  t.ok(areSlow, 'valid: the slow are seen to be slow')
  t.ok(withSlow.p99Ms <= without.p99Ms * P99_TIMES_MAX, `p99 times ${(withSlow.p99Ms / without.p99Ms).toFixed(2)}`)
  await endAlike(t, quick, slow)
})

/** The game falls silent, everybody reads what is there, and has the same. */
async function endAlike(t: Test, quick: readonly WirePlayer[], slow: readonly WirePlayer[]): Promise<void> {
  const byRoom = Map.groupBy(quick, ({ room }) => room)
  for (const [player] of byRoom.values()) player?.input('stop', {})
  const drinking = setInterval(() => slow.forEach(({ connection }) => connection.sip()), 1)
  const everybody = [...quick, ...slow]
  const tickOf = (room: string) => byRoom.get(room)?.[0]?.tick ?? -1
  const areThere = await holdsWithin(() => everybody.every(({ room, tick }) => tick === tickOf(room)), END_MS_MAX)
  t.ok(areThere, 'all are at the same tick')
  for (const player of everybody) player.check()
  await holdsWithin(() => everybody.every(({ state }) => state !== undefined), END_MS_MAX)
  clearInterval(drinking)
  const other = slow.filter(({ room, state }) => !isDeepStrictEqual(state, byRoom.get(room)?.[0]?.state))
  t.strictSame(
    other.map(({ name }) => name),
    [],
    'and have the same state',
  )
  const sum = (of: (player: WirePlayer) => number) => everybody.reduce((total, player) => total + of(player), 0)
  t.equal(
    sum(({ misfits }) => misfits),
    0,
    'no patch did not fit',
  )
  t.equal(
    sum(({ hashesWrong }) => hashesWrong.length),
    0,
    'no hash was wrong',
  )
  const closed = everybody.filter(({ connection }) => connection.closed !== undefined)
  t.strictSame(
    closed.map(({ name, connection }) => `${name}: ${connection.closed}`).slice(0, 5),
    [],
    'nobody was closed',
  )
  const most = Math.max(...slow.map(({ patches }) => patches))
  const least = Math.min(...quick.map(({ patches }) => patches))
  t.ok(most < least / 2, `valid: the slow got ${most} patches at most, the others ${least} and more`)
}

/** How old the patches are when they arrive, for as long as a phase of the proof. */
async function measure(players: readonly WirePlayer[]): Promise<{ readonly p99Ms: number; readonly patches: number }> {
  await sleep(WARM_MS)
  const histogram = createHistogram()
  for (const player of players) player.onPatch = (one) => recordAge(one, histogram)
  await sleep(SECONDS * 1000)
  for (const player of players) player.onPatch = () => {}
  return { p99Ms: histogram.percentile(99) / 1000, patches: histogram.count }
}

/** From when the tick was due, in microseconds. */
function recordAge({ game, tick }: WirePlayer, histogram: RecordableHistogram): void {
  if (!game) return
  const dueMs = game.started_at + tick * game.tick_ms
  histogram.record(Math.max(1, Math.round((performance.timeOrigin + performance.now() - dueMs) * 1000)))
}
