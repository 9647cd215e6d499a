/**
 * `npm run prove -- game-rooms`: ROOMS=200 of PLAYERS=8 players each, at 20 ticks a second, everybody moving and sending ten inputs a second, for
 * SECONDS=600, over a primary, a worker and HOSTS=1. No client misses a patch, each hash that is checked is right, ticks are late by
 * less than one in 99 of 100. What the processes take of CPU and memory, and bytes for each client, are told. Half of the players
 * read JSON, the others msgpack; LIBRARY=8 of them are clients of the library, whose states are held against others' of their room.
 */
import { isDeepStrictEqual } from 'node:util'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { GameRoom } from '../../src/client/index.ts'
import { startServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'
import {
  checkByTurns,
  encodingOf,
  gameFile,
  LOAD_ENV,
  openLibraryClient,
  openPlayers,
  openRooms,
  playAll,
} from './games/crowd.ts'
import { between, quantileOf, readBuckets } from './games/histogram.ts'
import { ProcessWatch, runningProcesses, type ProcessUse } from './games/node-processes.ts'
import type { WirePlayer } from './games/wire-player.ts'
import { totalOf } from './server-vitals.ts'
import { isGrowing } from './slope.ts'

const ROOMS = Number(process.env['ROOMS'] ?? 200)
const PLAYERS = Number(process.env['PLAYERS'] ?? 8)
const SECONDS = Number(process.env['SECONDS'] ?? 600)
const HOSTS = Number(process.env['HOSTS'] ?? 1)
const LIBRARY = Math.min(Number(process.env['LIBRARY'] ?? 8), ROOMS)
/** Everything is compiled by then. */
const WARM_S = Math.min(10, SECONDS / 4)
const HZ = 20
const INPUTS_EACH_S = 10
/** Each client checks a hash so often. */
const CHECK_EVERY_S = Math.min(20, SECONDS / 3)
/** Of the load that was wanted: with less a run says nothing. */
const FLOOR = 0.95
const LATENESS = 'drumbeat_game_tick_lateness_seconds'
const SLOPE_WARM_S = 180
const JUDGED_S = 600
const GROWTH_PER_HOUR_MAX = 32 * 1024 * 1024
const mib = (bytes: number) => `${(bytes / 1024 ** 2).toFixed(0)} MiB`

t.setTimeout((SECONDS + 240) * 1000)

t.test(`${ROOMS} rooms of ${PLAYERS} players at ${HZ} Hz`, async (t) => {
  const server = await startServer(t, { ...LOAD_ENV, GAMES: gameFile('movers'), GAME_HOSTS: String(HOSTS) })
  const rooms = await openRooms(server, 'movers', ROOMS)
  const players = await openPlayers(
    t,
    rooms.flatMap((room, r) => {
      // In the rooms that a client of the library is in, one other always has the state.
      const hasLibrary = r < LIBRARY
      const own = hasLibrary ? PLAYERS - 1 : PLAYERS
      return Array.from({ length: own }, (_, i) => {
        const isMirror = hasLibrary && i === 0
        return { server, name: `p-${r}-${i}`, room, encoding: encodingOf(i), isMirror }
      })
    }),
  )
  const deep = await Promise.all(rooms.slice(0, LIBRARY).map((room, r) => follow(t, { server, room, r, players })))
  const stopPlaying = playAll(players)
  const stopChecking = checkByTurns(players, CHECK_EVERY_S)
  await sleep(WARM_S * 1000)

  const before = await look(server, players)
  const watch = new ProcessWatch(runningProcesses(server))
  await sleep(SECONDS * 1000)
  const uses = watch.stop(SLOPE_WARM_S)
  const after = await look(server, players)
  const inputs = stopPlaying()
  stopChecking()

  const seconds = (after.atMs - before.atMs) / 1000
  const ticks = after.ticks - before.ticks
  const lateness = between(before.lateness, after.lateness)
  const [p50, p99] = [0.5, 0.99].map((share) => quantileOf(lateness, share) * 1000) as [number, number]
  const lateShare = (after.late - before.late) / ticks
  t.comment(
    `lateness of ticks: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, ${(lateShare * 100).toFixed(2)} % by a tick or more`,
  )
  tellBytes(t, players, { before, after, seconds })
  for (const use of uses) t.comment(shown(use))

  const wantedInputs = (SECONDS + WARM_S) * INPUTS_EACH_S * players.length
  t.ok(inputs >= wantedInputs * FLOOR, `valid: ${inputs} inputs of ${wantedInputs}`)
  t.ok(ticks >= seconds * HZ * ROOMS * FLOOR, `valid: ${ticks} ticks of ${Math.round(seconds * HZ * ROOMS)}`)
  const closed = players.filter(({ connection }) => connection.closed !== undefined)
  t.strictSame(
    closed.map(({ name, connection }) => `${name}: ${connection.closed}`).slice(0, 5),
    [],
    'nobody was closed',
  )
  t.equal(
    sum(players, ({ misfits }) => misfits),
    0,
    'no patch was lost',
  )
  t.equal(
    sum(players, ({ snapshots }) => snapshots.length),
    0,
    'nobody was given the state anew',
  )
  const checked = sum(players, ({ hashesRight }) => hashesRight)
  t.strictSame(
    players.flatMap(({ name, hashesWrong }) => hashesWrong.map((tick) => `${name}: ${tick}`)).slice(0, 5),
    [],
    'every hash is right',
  )
  t.ok(
    players.every(({ hashesRight }) => hashesRight > 0),
    `valid: ${checked} hashes checked, and some by each`,
  )
  const compared = deep.map((one) => one())
  t.ok(
    compared.every(({ same }) => same > SECONDS),
    'valid: states of the library were compared',
  )
  t.strictSame(
    compared.flatMap(({ other }) => other).slice(0, 5),
    [],
    'the library has the states that the others have',
  )
  t.ok(lateShare < 0.01 && p99 <= 1000 / HZ, 'lateness p99 is below one tick')
  if (SECONDS >= JUDGED_S) {
    for (const { name, slope } of uses)
      if (slope) t.notOk(isGrowing(slope, GROWTH_PER_HOUR_MAX), `${name}: memory is flat`)
  }
})

interface Look {
  readonly atMs: number
  readonly ticks: number
  readonly late: number
  readonly lateness: Awaited<ReturnType<typeof readBuckets>>
  readonly bytes: readonly number[]
  readonly patches: number
}

async function look(server: Parameters<typeof totalOf>[0], players: readonly WirePlayer[]): Promise<Look> {
  const total = (name: string) => totalOf(server, name)
  return {
    ticks: await total('drumbeat_game_ticks_total'),
    late: await total('drumbeat_game_late_ticks_total'),
    lateness: await readBuckets(server, LATENESS),
    atMs: performance.now(),
    bytes: players.map(({ bytes }) => bytes),
    patches: sum(players, ({ patches }) => patches),
  }
}

function tellBytes(
  t: Test,
  players: readonly WirePlayer[],
  { before, after, seconds }: { readonly before: Look; readonly after: Look; readonly seconds: number },
): void {
  for (const encoding of ['json', 'msgpack'] as const) {
    const these = players.flatMap((player, i) => (player.encoding === encoding ? [i] : []))
    const bytes = these.reduce((all, i) => all + (after.bytes[i] ?? 0) - (before.bytes[i] ?? 0), 0)
    t.comment(`${encoding}: ${Math.round(bytes / these.length / seconds)} bytes for each client and second`)
  }
  t.comment(`${Math.round((after.patches - before.patches) / seconds)} patches a second, to ${players.length} players`)
}

interface Followed {
  readonly same: number
  readonly other: readonly string[]
}

/** A client of the library plays in the room; its states are held against those of the player who always has them. */
async function follow(
  t: Test,
  at: {
    readonly server: Parameters<typeof openLibraryClient>[1]
    readonly room: string
    readonly r: number
    readonly players: readonly WirePlayer[]
  },
): Promise<() => Followed> {
  const { server, room, r, players } = at
  const client = await openLibraryClient(t, server, `library-${r}`)
  const joined: GameRoom = await client.enter(room)
  const mirror = players.find((player) => player.room === room && player.name === `p-${r}-0`)
  const states = new Map<number, unknown>()
  let same = 0
  const other: string[] = []
  const compare = (tick: number, state: unknown, by: string) => {
    const others = states.get(tick)
    if (others === undefined) {
      states.set(tick, state)
      if (states.size > 100) states.delete(states.keys().next().value ?? 0)
    } else if (isDeepStrictEqual(others, state)) same++
    else other.push(`${room}, tick ${tick}, by ${by}`)
  }
  joined.subscribe((state) => compare(joined.tick, state, 'the library'))
  if (mirror) mirror.onPatch = ({ tick, state }) => compare(tick, state, 'the mirror')
  await until(() => same > 0)
  return () => ({ same, other })
}

function shown({ name, cpuShare, memoryBytes, slope }: ProcessUse): string {
  const growth = slope === undefined ? '' : `, ${mib(slope.bytesPerHour)} an hour ± ${mib(slope.noisePerHour)}`
  return `${name}: ${(cpuShare * 100).toFixed(0)} % of a core, ${mib(memoryBytes)}${growth}`
}

function sum<Value>(values: readonly Value[], of: (value: Value) => number): number {
  return values.reduce((total, value) => total + of(value), 0)
}
