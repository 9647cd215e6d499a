/**
 * `npm run prove -- games-churn`: G10. ROOMS=100000 rooms of a short match are made by searches and by REST, played by players who come and go, and
 * ended by their game with a reward, by leaving, by lost connections and by an operator, PER_SECOND=30. In the end nothing of them
 * is left, and where it lasts for half an hour or more, the memory of each process is flat.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { openLmdbJournal } from '../../src/store/lmdb/lmdb-journal.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { holdsWithin } from '../helpers/until.ts'
import { BriefMatches } from './games/brief-matches.ts'
import { gameFile } from './games/crowd.ts'
import { ProcessWatch, runningProcesses, type ProcessUse } from './games/node-processes.ts'
import { descriptorsOf, metricOf, vitalsOf } from './server-vitals.ts'
import { isGrowing } from './slope.ts'
import { vitalsOptions } from './vitals.ts'

const ROOMS = Number(process.env['ROOMS'] ?? 100_000)
const PER_SECOND = Number(process.env['PER_SECOND'] ?? 30)
const SECONDS = ROOMS / PER_SECOND
/** A match takes a second or two, if nobody waits for somebody who never comes. */
const PLAYERS = Math.ceil(PER_SECOND * 8)
/** Sessions, ends of rooms and the history are kept so long: only then can memory be flat. */
const HISTORY_S = Math.round(Math.min(240, Math.max(10, SECONDS / 6)))
const WARM_S = HISTORY_S + Math.min(60, SECONDS / 6)
const RECORDINGS_S = 60
/** Recordings are swept once in a minute. */
const GONE_MS_MAX = (RECORDINGS_S + 90) * 1000
const PROGRESS_MS = 30_000
/** After a collection, until there is as much garbage as before. */
const SLOPE_WARM_S = 60
/** For presence, kept HTTP connections, and rooms whose players have gone. */
const CALM_MS = 8_000
const MIB = 1024 * 1024
const JUDGED_S = 1_800
/** In an hour. */
const GROWTH_MAX = MIB
/** The hub remembers the last offset of up to 200,000 channels, and each room is one: see `churn.proof.ts`. */
const CHANNEL_BYTES = 150
/** Of searches and joins. A machine that does something else as well may be late now and then. */
const AGAIN_SHARE_MAX = 0.01
const DESCRIPTORS_SLACK = 3
const RESOURCES_SLACK = 6
/** Gauges that read 0 when nobody is connected and no room is there. */
const GAUGES = [
  'connections',
  'rooms',
  'game_rooms',
  'game_seats',
  'game_rooms_waiting',
  'game_journal_waiting_bytes',
  'game_recordings_open',
  'commit_queue_length',
  'delivery_queue_length',
  'purchase_queue_length',
  'link_queue_bytes',
  'slow_readers',
]

const folder = mkdtempSync(join(tmpdir(), 'drumbeat-vitals-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
t.setTimeout((SECONDS * 3 + 900) * 1000)

t.test(`${ROOMS} rooms with games are made, played and ended, ${PER_SECOND} a second`, async (t) => {
  const server = await startServer(t, {
    WORKERS: '1',
    GAME_HOSTS: '1',
    GAMES: gameFile('brief'),
    NODE_OPTIONS: vitalsOptions(folder),
    ROOM_GAME_EMPTY: '1s',
    HISTORY_BYTES: '1MiB',
    HISTORY_TTL: `${HISTORY_S}s`,
    GAME_RECORDINGS_TTL: `${RECORDINGS_S}s`,
  })
  const matches = new BriefMatches({ server, players: PLAYERS, matchesPerSecond: PER_SECOND })
  t.teardown(() => matches.close())
  await matches.open()
  matches.start()
  await sleep(WARM_S * 1000)
  await matches.pause()
  const before = await lookCalmly(server)
  const roomsBefore = matches.rooms.size
  const watch = new ProcessWatch(runningProcesses(server))
  const startedMs = performance.now()
  matches.start()
  const progress = setInterval(() => {
    process.stderr.write(`${matches.rooms.size} rooms, ${matches.wrong.length} wrong, load ${load()}\n`)
  }, PROGRESS_MS)
  t.teardown(() => clearInterval(progress))
  while (matches.rooms.size < ROOMS) await sleep(100)
  clearInterval(progress)
  const tookS = (performance.now() - startedMs) / 1000
  const rooms = matches.rooms.size - roomsBefore
  const rate = rooms / tookS
  const uses = watch.stop(SLOPE_WARM_S)
  await matches.pause()
  const after = await lookCalmly(server)

  t.comment(JSON.stringify({ ...matches.tally, rooms: matches.rooms.size }))
  t.comment(`${rate.toFixed(1)} rooms a second: ${Math.round(rate * 3600)} an hour; load of the machine ${load()}`)
  for (const use of uses) t.comment(shown(use))
  for (const [i, is] of after.entries()) compare(t, before[i] ?? is, is, rooms)
  t.equal(before.length, 3, 'valid: the primary, a worker and a host were watched')
  t.strictSame(matches.wrong.slice(0, 5), [], `${matches.wrong.length} times something was wrong for a player`)
  const { again } = matches
  const share = again.length / (2 * matches.tally.started)
  const asked = `${again.length} times players were asked to come again`
  t.ok(share <= AGAIN_SHARE_MAX, `${asked}${again.length > 0 ? `, at first ${again[0]}` : ''}`)
  await checkEnds(t, server, matches)

  matches.close()
  await checkNothingIsLeft(t, server)
  await server.stop()
  await checkJournal(t, server)

  const { tally } = matches
  t.ok(rate >= PER_SECOND * 0.9, `valid: ${rate.toFixed(1)} rooms a second of ${PER_SECOND}`)
  t.ok(Math.min(tally.made, tally.left, tally.cut, tally.deleted) >= ROOMS / 50, 'valid: rooms have ended in every way')
  t.ok(tally.moves >= ROOMS, `valid: ${tally.moves} inputs`)
  if (tookS >= JUDGED_S) judge(t, { uses, before, after, rooms })
})

/** Every room has ended once, and has paid once if it came to its end. */
async function checkEnds(t: Test, server: TestServer, { rooms, ends }: BriefMatches): Promise<void> {
  const ended = await metricByLabel(server, 'drumbeat_game_rooms_ended_total', 'why')
  t.comment(`rooms have ended: ${JSON.stringify(ended)}`)
  t.equal(sum(Object.values(ended)), rooms.size, 'each room has ended, once')
  const over = [...ends.values()].filter((why) => why === 'over').length
  t.ok(over > 0 && over <= (ended['over'] ?? 0), `valid: players were told of ${over} results`)
  const paid = await metricByLabel(server, 'drumbeat_game_rewards_total', 'outcome')
  t.strictSame(paid, { paid: ended['over'] }, 'each match that came to its end was paid')
}

async function checkNothingIsLeft(t: Test, server: TestServer): Promise<void> {
  const left = async () => {
    const values: Record<string, number> = {}
    for (const name of GAUGES) values[name] = sum(await metricOf(server, `drumbeat_${name}`))
    // It counts the request for the metrics, too.
    values['requests_under_way'] = sum(await metricOf(server, 'drumbeat_requests_under_way')) - 1
    return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== 0))
  }
  await holdsWithin(async () => Object.keys(await left()).length === 0, CALM_MS)
  t.strictSame(await left(), {}, `nothing is left by ${GAUGES.length + 1} metrics`)
  for (const path of ['connections', 'rooms', 'rooms?game=brief']) {
    const { items } = (await server.admin('GET', `/api/v1/${path}`)) as { readonly items: readonly unknown[] }
    t.strictSame(items, [], `nothing is left by GET ${path}`)
  }
  const { items } = (await server.admin('GET', '/api/v1/games')) as { readonly items: readonly object[] }
  t.match(
    items,
    [{ name: 'brief', now: { rooms: 0, players: 0, bots: 0 }, failures: [] }],
    'nothing is left by GET games',
  )
  const recordings = () => readdirSync(join(server.dataDir, 'recordings'))
  t.comment(`${recordings().length} recordings are kept for ${RECORDINGS_S} s`)
  t.ok(sum(await metricOf(server, 'drumbeat_game_recording_bytes_total')) > 0, 'valid: rooms were recorded')
  await holdsWithin(() => recordings().length === 0, GONE_MS_MAX)
  t.strictSame(recordings(), [], 'no recording is left')
}

/** The server has ended. */
async function checkJournal(t: Test, server: TestServer): Promise<void> {
  const onLost = (reason: string) => t.fail(`the journal is lost: ${reason}`)
  const journal = await openLmdbJournal({ dataDir: server.dataDir, runId: 'checker', onLost })
  t.strictSame(await journal.rooms(), [], 'no journal is left')
  await journal.close()
  const sizes = ['journal', 'log', 'records'].map((name) => `${name} ${mib(bytesIn(join(server.dataDir, name)))}`)
  t.comment(`on disk: ${sizes.join(', ')}; records keep what was paid for RECEIPT_RETENTION`)
}

function bytesIn(path: string): number {
  return sum(readdirSync(path).map((name) => statSync(join(path, name)).size))
}

interface Judged {
  readonly uses: readonly ProcessUse[]
  readonly before: readonly Calm[]
  readonly after: readonly Calm[]
  /** Between `before` and `after`. */
  readonly rooms: number
}

function judge(t: Test, { uses, before, after, rooms }: Judged): void {
  const allowedOf = (name: string, made: number) => GROWTH_MAX + (name === 'primary' ? made * CHANNEL_BYTES : 0)
  for (const { name, slope } of uses) {
    const allowed = allowedOf(name, PER_SECOND * 3600)
    if (slope) t.notOk(isGrowing(slope, allowed), `${name}: memory is flat, ${mib(allowed)} an hour at most`)
  }
  for (const [i, { name, heapBytes }] of after.entries()) {
    const allowed = allowedOf(name, rooms)
    const grown = heapBytes - (before[i]?.heapBytes ?? 0)
    t.ok(grown <= allowed, `${name}: its heap has ${mib(grown)} more than before, ${mib(allowed)} at most`)
  }
}

interface Calm {
  readonly name: string
  readonly pid: number
  readonly heapBytes: number
  readonly descriptors: number
  readonly resources: number
}

/** While nobody plays. */
async function lookCalmly(server: TestServer): Promise<readonly Calm[]> {
  await sleep(CALM_MS)
  const calm: Calm[] = []
  for (const process of runningProcesses(server)) {
    const { heapBytes, resources } = await vitalsOf(process, folder)
    calm.push({ ...process, heapBytes, descriptors: descriptorsOf(process), resources: sum(Object.values(resources)) })
  }
  return calm
}

function compare(t: Test, was: Calm, is: Calm, rooms: number): void {
  const { name } = is
  const perRoom = (is.heapBytes - was.heapBytes) / rooms
  t.comment(
    `${name}: heap after collections ${mib(was.heapBytes)}, then ${mib(is.heapBytes)}: ${perRoom.toFixed(0)} bytes a room`,
  )
  t.equal(is.pid, was.pid, `${name}: has not ended`)
  const files = `${was.descriptors} descriptors, then ${is.descriptors}`
  t.ok(is.descriptors - was.descriptors <= DESCRIPTORS_SLACK, `${name}: ${files}`)
  const handles = `${was.resources} handles and timers, then ${is.resources}`
  t.ok(is.resources - was.resources <= RESOURCES_SLACK, `${name}: ${handles}`)
}

async function metricByLabel(server: TestServer, name: string, label: string): Promise<Record<string, number>> {
  const text = await (await fetch(`${server.url}/metrics`)).text()
  const values: Record<string, number> = {}
  for (const line of text.split('\n')) {
    if (!line.startsWith(`${name}{`)) continue
    const value = Number(line.split(' ').at(-1))
    const key = new RegExp(`${label}="([^"]*)"`).exec(line)?.[1] ?? ''
    if (value > 0) values[key] = (values[key] ?? 0) + value
  }
  return values
}

function shown({ name, cpuShare, memoryBytes, slope }: ProcessUse): string {
  const growth = slope === undefined ? '' : `, ${mib(slope.bytesPerHour)} an hour ± ${mib(slope.noisePerHour)}`
  return `${name}: ${(cpuShare * 100).toFixed(0)} % of a core, ${mib(memoryBytes)}${growth}`
}

function mib(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`
}

function load(): string {
  return loadavg()
    .map((one) => one.toFixed(1))
    .join(', ')
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
