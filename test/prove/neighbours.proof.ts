/**
 * `npm run prove -- neighbours`: for each type of event and each open route, one user with CONNECTIONS=20, then GUESTS=16 of an address each, ask for as
 * much as they may for SECONDS=30. A player who asks for little waits no more than five times as long as without them (p99) and is always answered,
 * memory grows by no more than 64 MiB, and no process ends. ONLY=a,b: only what has this in its name.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setPriority } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { startServer, type TestServer } from '../helpers/server.ts'
import { CASES, type Case } from './neighbours/cases.ts'
import type { CrowdDone, CrowdJob, Member } from './neighbours/crowd.ts'
import { Honest, type Latency } from './neighbours/honest.ts'
import { cpuSecondsOf, memoryOf, processesOf } from './server-vitals.ts'

const SECONDS = Number(process.env['SECONDS'] ?? 30)
const CONNECTIONS = Number(process.env['CONNECTIONS'] ?? 20)
const GUESTS = Number(process.env['GUESTS'] ?? 16)
const ONLY = process.env['ONLY']?.split(',')
/** Within the rates by default: 300 messages, 200 HTTP requests at each of two workers. */
const MESSAGES_PER_SECOND = 290
const HTTP_CONNECTIONS = 8
const HTTP_PER_SECOND = 360
const P99_TIMES_MAX = 5
const MEMORY_BYTES_MAX = 64 * 1024 ** 2
const LOOK_EVERY_MS = 100
const SETTLE_MS = 1_000
const CROWD = fileURLToPath(new URL('./neighbours/crowd.ts', import.meta.url))
const PREFIX = '/core/game/v1/real-time'
/** The neighbours are elsewhere: they take no time of the server's. */
const NICE = 15

/** Limits per address hold on loopback, too, where they are set. */
const ENV = {
  GAME_HOSTS: '1',
  HTTP_RATE_PER_ADDRESS: '200',
  CONNECT_RATE_PER_ADDRESS: '50',
  MAX_CONNECTIONS_PER_ADDRESS: '256',
  // Full before the first case, as memory is compared.
  HISTORY_BYTES: '8MiB',
}

interface Row {
  readonly name: string
  readonly who: string
  readonly latency: Latency
  readonly grownBytes: number
  readonly done: CrowdDone
  readonly ended: number
  /** Percent of a core. */
  readonly primaryBusy: number
}

t.setTimeout((CASES.length * 2 * (SECONDS + 20) + 60) * 1000)

t.test('neighbours who ask for all they may are no trouble to others', async (t) => {
  const server = await startServer(t, ENV)
  const honest = await Honest.open(server, 'honest')
  await fillHistory(server)
  await sleep(SETTLE_MS)
  const alone = await honest.ask(Math.max(10, SECONDS), 'honest')
  t.comment(`alone: ${describe(alone)}`)
  const rows: Row[] = []
  for (const each of CASES.filter(({ name }) => ONLY?.some((part) => name.includes(part)) ?? true)) {
    for (const who of ['user', 'guests'] as const) {
      const row = await run(server, honest, each, who)
      rows.push(row)
      t.comment(describeRow(row, alone))
      judge(t, row, alone)
    }
  }
  t.equal(honest.closed, undefined, 'the player stays connected')
  honest.end()
  t.comment(table(rows, alone))
})

async function run(server: TestServer, honest: Honest, each: Case, who: 'user' | 'guests'): Promise<Row> {
  const crowd = await openCrowd({ port: server.port, seconds: SECONDS, members: membersOf(server, each, who) })
  const before = memoryBytes(server)
  const endedBefore = countEnded(server)
  const primary = { name: 'primary', pid: server.pid }
  const cpuBefore = cpuSecondsOf(primary)
  let peakBytes = 0
  const look = setInterval(() => (peakBytes = Math.max(peakBytes, memoryBytes(server))), LOOK_EVERY_MS)
  const [latency, done] = await Promise.all([honest.ask(SECONDS, 'honest'), crowd.run()])
  clearInterval(look)
  const primaryBusy = Math.round(((cpuSecondsOf(primary) - cpuBefore) / SECONDS) * 100)
  await sleep(SETTLE_MS)
  const ended = countEnded(server) - endedBefore
  return { name: each.name, who, latency, grownBytes: peakBytes - before, done, ended, primaryBusy }
}

function membersOf(server: TestServer, each: Case, who: 'user' | 'guests'): readonly Member[] {
  const { route, first = [], frames = [], perSecond = MESSAGES_PER_SECOND } = each
  const addressOf = (i: number) => (who === 'user' ? '127.0.0.99' : `127.0.0.${100 + i}`)
  if (route !== undefined) {
    const count = (who === 'user' ? 1 : GUESTS) * HTTP_CONNECTIONS
    return Array.from({ length: count }, (_, i) => ({
      address: addressOf(Math.floor(i / HTTP_CONNECTIONS)),
      perSecond: HTTP_PER_SECOND / HTTP_CONNECTIONS,
      path: route,
    }))
  }
  const socket = {
    protocol: who === 'user' ? `game.v1.json, bearer.${server.mint('neighbour')}` : 'game.v1.json',
    first: first.map((request) => JSON.stringify(request)),
    frames: frames.map((request) => JSON.stringify(request)),
  }
  const path = `${PREFIX}/${who === 'user' ? 'private' : 'public'}`
  return Array.from({ length: who === 'user' ? CONNECTIONS : GUESTS }, (_, i) => {
    return { address: addressOf(i), perSecond, path, socket }
  })
}

interface Crowd {
  readonly run: () => Promise<CrowdDone>
}

/** All are connected when this resolves. */
async function openCrowd(job: CrowdJob): Promise<Crowd> {
  const child = spawn(process.execPath, [CROWD], { stdio: ['pipe', 'pipe', 'inherit'] })
  if (child.pid !== undefined) setPriority(child.pid, NICE)
  child.stdin.write(`${JSON.stringify(job)}\n`)
  const lines = createInterface({ input: child.stdout })
  await once(lines, 'line')
  return {
    run: async () => {
      child.stdin.write('go\n')
      const [line] = (await once(lines, 'line')) as [string]
      await once(child, 'close')
      return JSON.parse(line) as CrowdDone
    },
  }
}

/** What is kept of the log is a part of the memory that is there before. */
async function fillHistory(server: TestServer): Promise<void> {
  const payload = { message: 'x'.repeat(15_000) }
  const socket = {
    protocol: `game.v1.json, bearer.${server.mint('filler')}`,
    first: [],
    frames: [JSON.stringify({ eventType: 'core.game.state.broadcast', payload })],
  }
  const members = Array.from({ length: 10 }, () => {
    return { address: '127.0.0.98', perSecond: 30, path: `${PREFIX}/private`, socket }
  })
  const crowd = await openCrowd({ port: server.port, seconds: 5, members })
  await crowd.run()
}

function memoryBytes(server: TestServer): number {
  return processesOf(server).reduce((sum, process) => sum + anonymousBytesOf(process), 0)
}

/** 0: it is gone. */
function anonymousBytesOf(process: Parameters<typeof memoryOf>[0]): number {
  try {
    return memoryOf(process).anonymousBytes
  } catch {
    return 0
  }
}

function countEnded(server: TestServer): number {
  return server.logs().filter(({ msg }) => / died; /.test(String(msg))).length
}

function judge(t: Test, { name, who, latency, grownBytes, ended }: Row, alone: Latency): void {
  const what = `${name}, ${who}`
  const times = latency.p99Ms / alone.p99Ms
  t.ok(times <= P99_TIMES_MAX, `${what}: p99 times ${times.toFixed(1)}`)
  t.equal(latency.unanswered, 0, `${what}: all are answered`)
  t.ok(grownBytes <= MEMORY_BYTES_MAX, `${what}: ${toMib(grownBytes)} MiB more`)
  t.equal(ended, 0, `${what}: no process ended`)
}

function describe({ p50Ms, p99Ms, maxMs, asked, unanswered, refused }: Latency): string {
  return `p50 ${p50Ms.toFixed(1)}, p99 ${p99Ms.toFixed(1)}, max ${maxMs.toFixed(0)} ms; of ${asked} unanswered ${unanswered}, refused ${refused}`
}

function describeRow(row: Row, alone: Latency): string {
  const { name, who, latency, grownBytes, done, ended, primaryBusy } = row
  const times = (latency.p99Ms / alone.p99Ms).toFixed(1)
  const asked = `${Math.round(done.sent / SECONDS)}/s of ${Math.round(done.wanted / SECONDS)}, got ${toMib(done.receivedBytes / SECONDS)} MiB/s, closed ${done.closed}`
  return `${name} (${who}): ${describe(latency)}; times ${times}; ${toMib(grownBytes)} MiB more; ended ${ended}; primary ${primaryBusy} %; they: ${asked}`
}

function table(rows: readonly Row[], alone: Latency): string {
  const line = ({ name, who, latency, grownBytes, done, ended, primaryBusy }: Row) => {
    const { p50Ms, p99Ms, maxMs, unanswered, refused } = latency
    const times = (p99Ms / alone.p99Ms).toFixed(1)
    const ms = [p50Ms.toFixed(1), p99Ms.toFixed(1), maxMs.toFixed(0)]
    return `| ${[name, who, Math.round(done.sent / SECONDS), ...ms, times, unanswered, refused, toMib(grownBytes), primaryBusy, ended, done.closed, share(done)].join(' | ')} |`
  }
  const head =
    '| asked for | by | per s | p50 ms | p99 ms | max ms | times | unanswered | refused | MiB more | primary % | ended | closed | done % |'
  return ['', head, head.replaceAll(/[^|]+/g, ' --- '), ...rows.map(line)].join('\n')
}

/** How many of what the neighbours asked for was no refusal, in percent; as far as it was looked at. */
function share({ replies, successes }: CrowdDone): string {
  return replies === 0 ? '' : String(Math.round((successes / replies) * 100))
}

function toMib(bytes: number): number {
  return Math.round(bytes / 1024 ** 2)
}
