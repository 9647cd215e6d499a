/**
 * PROOFS P18 on a real server: connections come and go, rooms are made and left, and nothing stays behind. `npm run prove -- churn` with the
 * environment: MINUTES=60 · CONNECTIONS=5000 · CHURN=50 a second · ROOMS=100000 an hour. The slopes of less than half an hour are
 * shown and not judged: code is still compiled, pools are still filled.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { describeMachine } from '../../bench/machine.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { holdsWithin } from '../helpers/until.ts'
import { Churn } from './churn.ts'
import { descriptorsOf, memoryOf, metricOf, processesOf, vitalsOf, type Process } from './server-vitals.ts'
import { isGrowing, slopeOf, type Sample, type Slope } from './slope.ts'
import { vitalsOptions } from './vitals.ts'

const MINUTES = Number(process.env['MINUTES'] ?? 60)
const CONNECTIONS = Number(process.env['CONNECTIONS'] ?? 5000)
const CHURN = Number(process.env['CHURN'] ?? 50)
const ROOMS_PER_HOUR = Number(process.env['ROOMS'] ?? 100_000)
const WARM_MINUTES = Math.min(10, MINUTES / 3)
const WORKERS = 2
const MIB = 1024 * 1024
const JUDGED_MINUTES = 30
const GROWTH_PER_HOUR_MAX = MIB
/**
 * The hub remembers the last offset of up to 200,000 channels (channel-heads.ts), which takes two hours of new rooms to fill: until
 * then the primary grows by a name, a number and their place in a map for each.
 */
const CHANNEL_BYTES = 150
/** Of an hour's run: with more noise than this it would not see what it looks for. */
const NOISE_PER_HOUR_MAX = 16 * MIB
const SAMPLES = 300
/** Rare, as a collection changes what is measured beside it. */
const COLLECTIONS = 15
/** HTTP connections of this test that are kept for the next request, on either side of it. */
const DESCRIPTORS_SLACK = 3
/** Timers that run when it is looked. */
const RESOURCES_SLACK = 6
/** Presence, rooms and kept HTTP connections are let go within. */
const CALM_MS = 8_000
const RESULTS = resolve(import.meta.dirname, '../../bench/results/churn.json')

interface Track {
  readonly process: Process
  readonly rss: Sample[]
  readonly anonymous: Sample[]
  readonly heap: Sample[]
}

/** While nothing comes or goes. */
interface Calm {
  readonly connections: number
  readonly primaryDescriptors: number
  /** Of all workers: what one has of the connections is chance. */
  readonly workerDescriptors: number
  readonly resources: Readonly<Record<string, number>>
}

const folder = mkdtempSync(join(tmpdir(), 'drumbeat-vitals-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

t.test(`${MINUTES} minutes of ${CONNECTIONS} connections that come and go leave nothing behind`, async (t) => {
  const server = await startServer(t, {
    WORKERS: String(WORKERS),
    NODE_OPTIONS: vitalsOptions(folder),
    // So that what is kept for a while is as much as it will be when the warm-up is over. The log on the disk, whose pages
    // the primary maps, is bounded by its bytes only.
    HISTORY_BYTES: '1MiB',
    HISTORY_TTL: `${Math.round(WARM_MINUTES * 20)}s`,
  })
  const crowd = new Churn(server, { connections: CONNECTIONS, churn: CHURN, rooms: ROOMS_PER_HOUR / 3600 })
  t.teardown(() => crowd.endAll())
  const tracks = processesOf(server).map((process): Track => ({ process, rss: [], anonymous: [], heap: [] }))
  t.equal(tracks.length, 1 + WORKERS)

  const empty = await lookCalmly(server, tracks)
  await crowd.fill()
  say(`${CONNECTIONS} connections`)
  crowd.start()
  await watch(crowd, [], WARM_MINUTES)
  await crowd.pause()
  const before = await lookCalmly(server, tracks)
  crowd.start()
  await watch(crowd, tracks, MINUTES - WARM_MINUTES)
  await crowd.pause()
  crowd.check()
  const after = await lookCalmly(server, tracks)
  crowd.endAll()
  await holdsWithin(async () => total(await metricOf(server, 'drumbeat_connections')) === 0, CALM_MS)
  const emptyAgain = await lookCalmly(server, tracks)

  t.strictSame(crowd.troubles.slice(0, 5), [], 'no connection was refused or closed')
  t.ok(crowd.replaced >= MINUTES * 60 * CHURN * 0.9, `${crowd.replaced} connections replaced`)
  t.ok(crowd.roomsMade >= (MINUTES / 60) * ROOMS_PER_HOUR * 0.9, `${crowd.roomsMade} rooms made and left`)
  t.equal(processesOf(server).length, tracks.length, 'no worker died')
  t.equal(after.connections, CONNECTIONS)
  t.equal(emptyAgain.connections, 0)
  const { items } = (await server.admin('GET', '/api/v1/rooms')) as { items: unknown[] }
  t.strictSame(items, [], 'no room is left')
  for (const [was, is] of [
    [before, after],
    [empty, emptyAgain],
  ] as const) {
    const own = (calm: Calm) => calm.workerDescriptors - calm.connections
    t.ok(own(is) - own(was) <= DESCRIPTORS_SLACK, `workers: ${own(was)} descriptors besides sockets, then ${own(is)}`)
  }
  const files = [before, after].map(({ primaryDescriptors }) => primaryDescriptors)
  t.ok((files[1] ?? 0) - (files[0] ?? 0) <= DESCRIPTORS_SLACK, `primary: ${files.join(' descriptors, then ')}`)
  for (const { process } of tracks) {
    const [was = 0, is = 0] = [before, after].map(({ resources }) => resources[process.name])
    t.ok(is - was <= RESOURCES_SLACK, `${process.name}: ${was} handles and timers, then ${is}`)
  }

  const rows = tracks.map(rowOf)
  report(rows)
  const { replaced, roomsMade: rooms } = crowd
  const result = { machine: describeMachine(), minutes: MINUTES, warmMinutes: WARM_MINUTES, connections: CONNECTIONS }
  writeFileSync(RESULTS, `${JSON.stringify({ ...result, replaced, rooms, processes: rows }, null, 1)}\n`)
  if (MINUTES < JUDGED_MINUTES) t.comment('too short to judge the slopes')
  else judge(t, rows)
})

function judge(t: Test, rows: readonly Row[]): void {
  for (const { name, rss, heap } of rows) {
    const allowed = GROWTH_PER_HOUR_MAX + (name === 'primary' ? ROOMS_PER_HOUR * CHANNEL_BYTES : 0)
    const limit = `${mib(allowed)} MiB/h at most`
    t.notOk(isGrowing(rss, allowed), `${name}: memory ${shown(rss)}, ${limit}`)
    t.notOk(isGrowing(heap, allowed), `${name}: heap after collections ${shown(heap)}, ${limit}`)
    if (MINUTES >= 60) t.ok(rss.noisePerHour < NOISE_PER_HOUR_MAX, `${name}: quiet enough to see a leak`)
  }
}

/** Takes samples for so long, and says how it goes. */
async function watch(crowd: Churn, tracks: readonly Track[], minutes: number): Promise<void> {
  const startedMs = performance.now()
  const lengthMs = minutes * 60_000
  for (let i = 0; i <= SAMPLES; i++) {
    await sleep(Math.max(0, startedMs + (i / SAMPLES) * lengthMs - performance.now()))
    const seconds = (performance.now() - startedMs) / 1000
    for (const { process, rss, anonymous, heap } of tracks) {
      const memory = memoryOf(process)
      rss.push({ seconds, bytes: memory.rssBytes })
      anonymous.push({ seconds, bytes: memory.anonymousBytes })
      if (i % (SAMPLES / COLLECTIONS) !== 0) continue
      heap.push({ seconds, bytes: (await vitalsOf(process, folder)).heapBytes })
    }
    if (i % (SAMPLES / 30) !== 0) continue
    const memory = tracks.map(({ process, rss }) => `${process.name} ${mib(rss.at(-1)?.bytes)}`)
    const what = tracks.length === 0 ? 'warming up' : memory.join(', ')
    say(
      `${(seconds / 60).toFixed(1)} of ${minutes.toFixed(1)} min: ${crowd.replaced} replaced, ${crowd.roomsMade} rooms, ${what}`,
    )
  }
}

async function lookCalmly(server: TestServer, tracks: readonly Track[]): Promise<Calm> {
  await sleep(CALM_MS)
  const connections = total(await metricOf(server, 'drumbeat_connections'))
  const descriptors = tracks.map(({ process }) => descriptorsOf(process))
  const resources: Record<string, number> = {}
  for (const { process } of tracks) {
    resources[process.name] = total(Object.values((await vitalsOf(process, folder)).resources))
  }
  const [primaryDescriptors = 0, ...others] = descriptors
  return { connections, primaryDescriptors, workerDescriptors: total(others), resources }
}

interface Row {
  readonly name: string
  readonly rssBytes: readonly [first: number, last: number]
  readonly rss: Slope
  /** RSS without mapped files. */
  readonly anonymous: Slope
  readonly heapBytes: readonly [first: number, last: number]
  readonly heap: Slope
}

function rowOf({ process: { name }, rss, anonymous, heap }: Track): Row {
  const ends = (samples: readonly Sample[]) => [samples[0]?.bytes ?? 0, samples.at(-1)?.bytes ?? 0] as const
  return {
    name,
    rssBytes: ends(rss),
    rss: slopeOf(rss),
    anonymous: slopeOf(anonymous),
    heapBytes: ends(heap),
    // A value after a collection has no garbage that a floor would have to be found under.
    heap: slopeOf(heap, heap.length),
  }
}

function report(rows: readonly Row[]): void {
  say('')
  say('process    | RSS, MiB        | MiB/h         | without files | heap, MiB       | MiB/h')
  for (const { name, rssBytes, rss, anonymous, heapBytes, heap } of rows) {
    const cells = [
      name.padEnd(10),
      rssBytes.map(mib).join(' to ').padEnd(15),
      shown(rss).padEnd(13),
      shown(anonymous).padEnd(13),
      heapBytes.map(mib).join(' to ').padEnd(15),
      shown(heap),
    ]
    say(cells.join(' | '))
  }
}

function shown({ bytesPerHour, noisePerHour }: Slope): string {
  return `${mib(bytesPerHour)} ± ${mib(noisePerHour)}`
}

function mib(bytes = 0): string {
  return (bytes / MIB).toFixed(1)
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
