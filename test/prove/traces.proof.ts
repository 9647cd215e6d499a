/**
 * `npm run prove -- traces`: prints the trace of a purchase on one node of two, with the times it took. With BASE=path, a work tree of a
 * revision without tracing (and with node_modules): what tracing costs where it is off, as CPU for a request and for a broadcast's
 * delivery, and where it is on at its default ratio. RUNS=8 of each, in turn, SECONDS=8.
 */
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { findCores } from '../../bench/cores.ts'
import { generate } from '../../bench/generator.ts'
import type { Job } from '../../bench/load/order.ts'
import { drumbeat } from '../../bench/peers/drumbeat.ts'
import type { Peer } from '../../bench/peers/peer.ts'
import { startServer } from '../../bench/server.ts'
import { skipWithout } from '../helpers/etcd.ts'
import { newTrace, showTree, startCollector } from '../helpers/otlp.ts'
import type { ReceivedSpan } from '../helpers/otlp-messages.ts'
import { startTracedNodes } from '../helpers/traced-nodes.ts'

const BASE = process.env['BASE']
const RUNS = Number(process.env['RUNS'] ?? 8)
const SECONDS = Number(process.env['SECONDS'] ?? 8)
/** Of the CPU of a build without tracing: runs of one and the same build differ by more than half of that. */
const COST_MAX = 1.03
const BUY = 'core.game.state.buy_good'
const PURCHASES = 5

const TIMES = { warmupSeconds: SECONDS, seconds: SECONDS }
const JOBS: Readonly<Record<string, Job>> = {
  'session.ping': { kind: 'requests', load: { connections: 100, underWay: 4, ...TIMES } },
  'a broadcast, 10 connections': {
    kind: 'broadcast',
    load: { connections: 10, rooms: 0, rate: 3_000, messageBytes: 112, readEveryMs: 20, ...TIMES },
  },
  'a broadcast, 1,000 connections': {
    kind: 'broadcast',
    load: { connections: 1_000, rooms: 0, rate: 300, messageBytes: 112, readEveryMs: 20, ...TIMES },
  },
}

t.test('a purchase across two nodes', skipWithout('3.5'), async (t) => {
  const { collector, here, there } = await startTracedNodes(t, { workers: 2, gold: 10_000 })
  // The first ones find code that was never run.
  let { traceId, traceparent } = newTrace()
  for (let i = 0; i < PURCHASES; i++) {
    ;({ traceId, traceparent } = newTrace())
    t.match(await here.request(BUY, { good_id: 'sword', count: 1 }, { traceparent }), { success: true })
    await there.next(({ eventType }) => eventType === BUY)
  }
  const spans = await collector.trace(traceId, 9)
  const beganMs = Math.min(...spans.map(({ startMs }) => startMs))
  const show = ({ name, startMs, endMs, resource }: ReceivedSpan) => {
    const at = (startMs - beganMs).toFixed(2).padStart(7)
    const who = `${String(resource['service.instance.id'])} ${String(resource['drumbeat.process'])}`
    return `${at} ms +${(endMs - startMs).toFixed(2).padStart(6)} ms  ${name}  (${who})`
  }
  print(['', `trace ${traceId}`, ...showTree(spans, show), ''])
  t.ok(showTree(spans).some((line) => line.startsWith(`deliver ${BUY}`)))
})

/** CPU of the server in microseconds for each request answered, or frame delivered. */
async function measure(peer: Peer, job: Job): Promise<number> {
  const cores = findCores()
  const server = await startServer(peer, cores.pinned ? cores.server : undefined)
  try {
    const { figures } = await generate(server, { peer, job, cores, onPhase: () => {} })
    return figures['microsEach'] ?? Number.NaN
  } finally {
    await server.stop()
  }
}

/** This build or another one, with more in its environment. */
function build(folder: string | undefined, env: Readonly<Record<string, string>> = {}): Peer {
  const file = (own: string) => (folder === undefined ? own : join(folder, 'src/main.ts'))
  return {
    ...drumbeat,
    server: (dataDir) => {
      const program = drumbeat.server(dataDir)
      return { ...program, file: file(program.file), env: { ...program.env, ...env } }
    },
  }
}

async function compare(t: Test, title: string, job: Job, builds: Readonly<Record<string, Peer>>): Promise<void> {
  const micros = new Map(Object.keys(builds).map((name) => [name, [] as number[]]))
  for (let run = 0; run < RUNS; run++) {
    for (const [name, peer] of Object.entries(builds)) micros.get(name)?.push(await measure(peer, job))
  }
  const base = median(micros.get('without') ?? [])
  print(['', title, ...[...micros].map(([name, all]) => describe(name, all, base))])
  const cost = median(micros.get('off') ?? []) / base
  t.ok(cost <= COST_MAX, `${title}: off costs ${cost.toFixed(3)} of a build without it`)
}

function describe(name: string, all: readonly number[], base: number): string {
  const range = `${Math.min(...all).toFixed(2)} to ${Math.max(...all).toFixed(2)}`
  return `  ${name.padEnd(8)} ${median(all).toFixed(2)} us (${range}), ${(median(all) / base).toFixed(3)}`
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2
}

function print(lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`${line}\n`)
}

t.test('what it costs where it is off', { skip: BASE === undefined && 'no BASE to compare with' }, async (t) => {
  const collector = await startCollector(t)
  const builds = { without: build(BASE), off: build(undefined), on: build(undefined, { OTLP_ENDPOINT: collector.url }) }
  for (const [title, job] of Object.entries(JOBS)) await compare(t, title, job, builds)
  t.ok(collector.spans.length > 0, 'where it is on, something was traced')
  t.strictSame(collector.mistakes, [])
})
