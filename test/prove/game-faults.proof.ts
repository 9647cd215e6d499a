/**
 * `npm run prove -- game-faults`: of ROOMS=200 with PLAYERS=2 each over HOSTS=2 one throws in each tick, then one loops, then one eats
 * memory (FAULTS=throw,loop,memory). Each costs itself and nothing else: the others miss no tick, wait 700 ms at most, and only if their host died.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { startServer, type TestServer } from '../helpers/server.ts'
import { holdsWithin } from '../helpers/until.ts'
import { encodingOf, gameFile, LOAD_ENV, openPlayers, openRooms, playAll } from './games/crowd.ts'
import type { WirePlayer } from './games/wire-player.ts'

const ROOMS = Number(process.env['ROOMS'] ?? 200)
const PLAYERS = Number(process.env['PLAYERS'] ?? 2)
const HOSTS = Number(process.env['HOSTS'] ?? 2)
const GAP_MS_MAX = 700
/** Of rooms whose host goes on: what two processes that start beside it take of the machine. */
const UNDISTURBED_MS_MAX = 250
const WARM_MS = 5_000
const FAULT_MS_MAX = 60_000
/** Behind the last of what the fault has done. */
const QUIET_MS = 3_000
const ONLY = process.env['FAULTS']?.split(',')
/** A room that loops, or eats its memory, is tried once more in another host. */
const FAULTS = [
  { how: 'throw', deaths: 0 },
  { how: 'loop', deaths: 2 },
  { how: 'memory', deaths: 2 },
] as const

t.setTimeout(600_000)

t.test(`rooms that go wrong cost none of ${ROOMS} others more than the time to notice`, async (t) => {
  const env = { ...LOAD_ENV, GAMES: gameFile('steady'), GAME_HOSTS: String(HOSTS) }
  // V8 says on standard error what it died of: so lines that are none of the log's are allowed.
  const server = await startServer(t, { ...env, NODE_DEBUG: 'nothing' })
  const rooms = await openRooms(server, 'steady', ROOMS)
  const players = await openPlayers(
    t,
    rooms.flatMap((room, r) =>
      Array.from({ length: PLAYERS }, (_, i) => ({ server, name: `p-${r}-${i}`, room, encoding: encodingOf(i) })),
    ),
  )
  const stopPlaying = playAll(players)
  await sleep(WARM_MS)
  let rest = players
  for (const fault of FAULTS.filter(({ how }) => ONLY?.includes(how) ?? true)) {
    const [victim] = rest
    if (!victim) throw new Error('nobody plays')
    const others = rest.filter(({ room }) => room !== victim.room)
    await goWrong(t, { server, victim, others, ...fault })
    rest = others
  }
  stopPlaying()
  t.equal(server.logs().filter(({ msg }) => msg === 'worker died; starting another').length, 0, 'no worker died')
})

interface GoingWrong {
  readonly server: TestServer
  readonly victim: WirePlayer
  readonly others: readonly WirePlayer[]
  readonly how: string
  /** Of hosts, that it has to cost. */
  readonly deaths: number
}

async function goWrong(t: Test, { server, victim, others, how, deaths }: GoingWrong): Promise<void> {
  const diedAtFirst = deathsOf(server).length
  for (const player of others) {
    player.resetGap()
    player.statuses.length = 0
    player.snapshots.length = 0
  }
  victim.input('fail', { how })
  const isOver = await holdsWithin(() => victim.statuses.some(({ status }) => status === 'over'), FAULT_MS_MAX)
  const ticks = others.map(({ tick }) => tick)
  const goOn = await holdsWithin(() => others.every(({ tick }, i) => tick > (ticks[i] ?? 0)), FAULT_MS_MAX)
  t.ok(goOn, `${how}: all others go on`)
  await sleep(QUIET_MS)
  const died = deathsOf(server).slice(diedAtFirst)
  for (const { how: why } of died) t.comment(`${how}: a host died: ${String(why)}`)
  t.ok(isOver, `${how}: the room was ended`)
  t.equal(died.length, deaths, `valid: ${how} ended ${deaths} hosts`)

  const moved = others.filter(({ statuses }) => statuses.some(({ status }) => status === 'restarted'))
  const stayed = others.filter((player) => !moved.includes(player))
  const gapOf = (some: readonly WirePlayer[]) => Math.max(0, ...some.map(({ gapMsMax }) => gapMsMax))
  if (deaths > 0) t.ok(moved.length > 0, `valid: ${how}: ${moved.length} players in rooms of the hosts that died`)
  else t.equal(moved.length, 0, `${how}: no room was moved`)
  t.ok(gapOf(moved) <= GAP_MS_MAX, `${how}: a gap of ${gapOf(moved).toFixed(0)} ms, of ${GAP_MS_MAX}, if the host died`)
  t.ok(
    gapOf(stayed) <= UNDISTURBED_MS_MAX,
    `${how}: of ${gapOf(stayed).toFixed(0)} ms, of ${UNDISTURBED_MS_MAX}, if it did not`,
  )
  await countTicks(t, others, how)
}

/** The chain of patches shows a tick that was not sent, and the game's own count one that was not run. */
async function countTicks(t: Test, players: readonly WirePlayer[], how: string): Promise<void> {
  const rights = players.map(({ hashesRight }) => hashesRight)
  for (const player of players) player.check()
  const areChecked = await holdsWithin(
    () => players.every(({ hashesRight }, i) => hashesRight > (rights[i] ?? 0)),
    FAULT_MS_MAX,
  )
  t.ok(areChecked, `${how}: every player has checked a hash behind it`)
  const states = players.flatMap(({ game, snapshots }) => [...(game ? [game] : []), ...snapshots])
  const wrong = states.filter(({ tick, state }) => (state as unknown as { readonly ticks: number }).ticks !== tick)
  t.strictSame(wrong.slice(0, 5), [], `${how}: no tick was left out, in ${states.length} states`)
  t.equal(
    players.reduce((sum, { misfits }) => sum + misfits, 0),
    0,
    `${how}: no patch was lost`,
  )
  t.strictSame(
    players.flatMap(({ hashesWrong }) => hashesWrong),
    [],
    `${how}: every hash is right`,
  )
  t.strictSame(
    players.filter(({ connection }) => connection.closed !== undefined).map(({ name }) => name),
    [],
    `${how}: nobody was closed`,
  )
}

function deathsOf(server: TestServer): ReturnType<TestServer['logs']> {
  return server.logs().filter(({ msg }) => msg === 'host died; starting another')
}
