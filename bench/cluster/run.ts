import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { stopAll } from '../child.ts'
import type { Cores } from '../cores.ts'
import { describeMachine, readVersions } from '../machine.ts'
import { plotLines } from '../plot.ts'
import { createProgress } from '../progress.ts'
import { waitForQuiet } from '../quiet.ts'
import { runFloor, type FloorTrial } from './floor.ts'
import { drumbeatCluster, plainCluster, WORKERS, type System } from './systems.ts'
import { runClusterTrial, type ClusterLoad, type ClusterTrial } from './trial.ts'

/**
 * `npm run bench -- cluster`: broadcasts over nodes that share an etcd, compared with a design that puts each message into etcd
 * by itself. A rate is held if everything arrives in time and p99 is under P99_MS_MAX. Nine processes and etcd do not fit on one
 * core, so nothing is pinned: in both designs nodes, etcd and the generator share the machine.
 */
const { values } = parseArgs({
  options: { runs: { type: 'string', default: '3' }, seconds: { type: 'string', default: '5' } },
})
const RUNS = Number(values.runs)
const LOAD = { seconds: Number(values.seconds), warmupSeconds: 20, messageBytes: 112 }
const P99_MS_MAX = 500
const LADDERS: Readonly<Record<string, readonly number[]>> = {
  plain: [3_000, 4_000, 5_000, 6_000, 8_000],
  drumbeat: [15_000, 20_000, 25_000, 30_000, 35_000, 40_000],
}
const RATES = [100, 500, 1_000, 2_000, 5_000, 10_000]
const NODES = [1, 2, 3]
const FLOOR_RATES = [40_000, 60_000, 80_000, 100_000]
const RESULTS = join(import.meta.dirname, '../results')

const progress = createProgress(process.stderr)
const cores: Cores = { pinned: false, why: 'nodes, etcd and generator share all cores' }
const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    interrupted.abort()
    void stopAll().then(() => process.exit(130))
  })
}

type Row = { readonly system: string } & ClusterTrial

const trials: Row[] = []

async function trial(system: System, nodes: number, rate: number, what: string): Promise<Row> {
  progress.show(`${what} · ${system.title} · ${nodes} nodes of ${WORKERS} workers · ${rate}/s`)
  await waitForQuiet(cores, interrupted.signal)
  const load: ClusterLoad = { ...LOAD, nodes, rate }
  const row = { system: system.name, ...(await runClusterTrial(system, load, cores)) }
  trials.push(row)
  return row
}

function isHeld({ deliveredShare, latencyMs, wrong }: Row): boolean {
  return wrong === 0 && deliveredShare > 0.98 && latencyMs.p99 < P99_MS_MAX
}

/** Finds the highest rate that is held. A rate that is missed once is tried a second time. */
async function climb(system: System, run: number): Promise<Row | undefined> {
  const what = `run ${run} of ${RUNS}, highest rate`
  let best: Row | undefined
  for (const rate of LADDERS[system.name] ?? []) {
    const row = (await held(system, rate, what)) ?? (await held(system, rate, what))
    if (!row) break
    best = row
  }
  return best
}

/** Resolves to undefined if the rate was not held, or if a server ended. */
async function held(system: System, rate: number, what: string): Promise<Row | undefined> {
  try {
    const row = await trial(system, 3, rate, what)
    return isHeld(row) ? row : undefined
  } catch (error) {
    progress.say(`${system.title} at ${rate}/s: ${String(error)}`)
    return undefined
  }
}

const highest: { readonly plain: Row | undefined; readonly drumbeat: Row | undefined }[] = []
for (let run = 1; run <= RUNS; run++) {
  highest.push({ plain: await climb(plainCluster, run), drumbeat: await climb(drumbeatCluster, run) })
}
const at500: Row[] = []
for (const system of [plainCluster, drumbeatCluster]) at500.push(await trial(system, 3, 500, 'latency'))
const byNodes: Row[] = []
for (const nodes of NODES) byNodes.push(await trial(drumbeatCluster, nodes, 5_000, 'cost by nodes'))
const byRate: Row[] = []
for (const rate of RATES) byRate.push(await trial(drumbeatCluster, 3, rate, 'cost by batch'))
const floor: FloorTrial[] = []
for (const rate of FLOOR_RATES) {
  progress.show(`no log at all · ${rate}/s`)
  await waitForQuiet(cores, interrupted.signal)
  floor.push(await runFloor({ ...LOAD, rate, warmupSeconds: 4 }))
}
progress.clear()

const median = (rows: readonly (Row | undefined)[]) =>
  rows.toSorted((a, b) => (a?.load.rate ?? 0) - (b?.load.rate ?? 0))[Math.floor(rows.length / 2)]
const best = {
  plain: median(highest.map(({ plain }) => plain)),
  drumbeat: median(highest.map(({ drumbeat }) => drumbeat)),
}
const ratio = (best.drumbeat?.load.rate ?? NaN) / (best.plain?.load.rate ?? NaN)

const number = (value: number | undefined, digits = 0) => (value === undefined ? '' : value.toFixed(digits))
const cells = (row: Row | undefined) =>
  row === undefined
    ? 'none'
    : [
        row.system,
        row.load.nodes,
        row.load.rate,
        number(row.latencyMs.p50, 1),
        number(row.latencyMs.p99, 1),
        number(row.usage.nodesUs),
        number(row.usage.etcdUs),
        number(row.usage.meanBatch, 1),
        number(row.usage.nodesMib),
        `${number(row.deliveredShare * 100, 1)} %, ${row.wrong} wrong`,
      ].join(' | ')
const table = (title: string, rows: readonly (Row | undefined)[]) =>
  [
    `\n${title}\n`,
    '| system | nodes | events/s | p50 ms | p99 ms | CPU us/event, nodes | etcd | events/commit | nodes MiB | arrived |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows.map((row) => `| ${cells(row)} |`),
  ].join('\n')
const markdown = [
  `# Broadcast over nodes that share an etcd, ${new Date().toISOString()}`,
  `${WORKERS} workers on each node, one connection to each, which gets every event; an etcd of one member. ` +
    `Nothing is pinned: ${cores.pinned ? '' : cores.why}.`,
  table(`Highest rate with p99 under ${P99_MS_MAX} ms, median of ${RUNS} runs: **${number(ratio, 1)} times**`, [
    best.plain,
    best.drumbeat,
  ]),
  table('At a rate that both hold', at500),
  table('By nodes, 5,000 events/s', byNodes),
  table('By rate, and so by batch, three nodes', byRate),
  '\nWhat machine and generator can do at all: six processes, as many frames in and out, and no log\n',
  '| events/s | p50 ms | p99 ms | arrived |',
  '| --- | --- | --- | --- |',
  ...floor.map(
    ({ rate, p50Ms, p99Ms, deliveredShare }) =>
      `| ${rate} | ${number(p50Ms, 1)} | ${number(p99Ms, 1)} | ${number(deliveredShare * 100, 1)} % |`,
  ),
  '',
].join('\n')

const name = `cluster-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`
await mkdir(RESULTS, { recursive: true })
const versions = readVersions(['etcd3', 'uWebSockets.js'])
const report = { machine: describeMachine(), versions, cores, highest, at500, byNodes, byRate, floor, trials }
await writeFile(join(RESULTS, `${name}.json`), `${JSON.stringify(report, undefined, 1)}\n`)
await writeFile(join(RESULTS, `${name}.md`), markdown)
await writeFile(
  join(RESULTS, `${name}.svg`),
  plotLines({
    title: 'CPU of three nodes and etcd for each event, by events in a commit',
    xAxis: 'events in a commit, on average',
    yAxis: 'microseconds',
    series: [
      { name: 'nodes', points: byRate.map(({ usage }) => [usage.meanBatch ?? 1, usage.nodesUs] as const) },
      { name: 'etcd', points: byRate.map(({ usage }) => [usage.meanBatch ?? 1, usage.etcdUs] as const) },
    ],
  }),
)
process.stdout.write(markdown)
progress.say(`written to ${join(RESULTS, name)}.json, .md and .svg`)
