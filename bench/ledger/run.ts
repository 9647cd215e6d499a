import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { startEtcd } from '../../test/helpers/etcd.ts'
import { describeMachine, readVersions } from '../machine.ts'
import { Owned } from '../owned.ts'
import { plotBars } from '../plot.ts'
import { readTreeUsage } from '../process-cpu.ts'
import { createProgress } from '../progress.ts'
import type { LedgerLoad, LedgerResult } from './workload.ts'

/**
 * `npm run bench -- ledger`: durable purchases per second, once with everybody buying one good and once with all goods alike.
 * Compares the ledger on etcd with one compare-and-set transaction for each purchase on the same etcd, and the ledger on LMDB
 * with SQLite and one transaction for each. Each program runs alone on all cores, with etcd if it needs it.
 */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '8' },
    'under-way': { type: 'string', default: '512' },
  },
})
const RUNS = Number(values.runs)
const RESULTS = join(import.meta.dirname, '../results')
const run = promisify(execFile)

interface Contender {
  readonly title: string
  readonly program: 'drumbeat' | 'plain' | 'sqlite'
  readonly usesEtcd: boolean
  readonly underWay: number
}

const UNDER_WAY = Number(values['under-way'])
/** The plain design is best with 64 purchases under way; with more it loses more races. SQLite takes one at a time. */
const CONTENDERS: readonly Contender[] = [
  { title: 'Drumbeat, etcd', program: 'drumbeat', usesEtcd: true, underWay: UNDER_WAY },
  { title: 'compare-and-set, etcd', program: 'plain', usesEtcd: true, underWay: 64 },
  { title: 'Drumbeat, LMDB', program: 'drumbeat', usesEtcd: false, underWay: UNDER_WAY },
  { title: 'SQLite, FULL', program: 'sqlite', usesEtcd: false, underWay: 64 },
]
const KINDS = ['uniform', 'hot'] as const

type Row = LedgerResult & {
  readonly title: string
  readonly kind: LedgerLoad['kind']
  /** CPU time of etcd in microseconds for each purchase. Warm-up and filling are included. */
  readonly etcdCpuUs: number
}

async function trial(
  { title, program, usesEtcd, underWay }: Contender,
  kind: LedgerLoad['kind'],
  perSecond: number | null = null,
): Promise<Row> {
  const seconds = Number(values.seconds)
  const load: LedgerLoad = { kind, goods: 10_000, players: 10_000, underWay, perSecond, warmupSeconds: 5, seconds }
  const owned = new Owned()
  const dataDir = await mkdtemp(join(tmpdir(), 'drumbeat-bench-'))
  owned.teardown(() => rm(dataDir, { recursive: true, force: true }))
  try {
    const etcd = usesEtcd ? await startEtcd(owned) : undefined
    const env = { PATH: process.env.PATH, DATA_DIR: dataDir, ...(etcd && { ETCD_ENDPOINTS: etcd.member.endpoint }) }
    const file = join(import.meta.dirname, `programs/${program}.ts`)
    const { stdout } = await run(process.execPath, [file, JSON.stringify(load)], { env })
    const result = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as LedgerResult
    const etcdSeconds = etcd ? readTreeUsage(etcd.member.pid).cpuSeconds : 0
    const purchases = result.perSecond * (load.warmupSeconds + load.seconds)
    return { ...result, title, kind, etcdCpuUs: (etcdSeconds * 1e6) / purchases }
  } finally {
    await owned.end()
  }
}

const progress = createProgress(process.stderr)
const rows: Row[] = []
for (let i = 1; i <= RUNS; i++) {
  for (const contender of CONTENDERS) {
    for (const kind of KINDS) {
      progress.show(`run ${i} of ${RUNS} · ${contender.title} · ${kind}`)
      rows.push(await trial(contender, kind))
    }
  }
}

function median(title: string, kind: LedgerLoad['kind']): Row {
  const all = rows.filter((row) => row.title === title && row.kind === kind)
  return all.toSorted((a, b) => a.perSecond - b.perSecond)[Math.floor(all.length / 2)] as Row
}

/** Latency at half of the highest rate. */
const atHalf = new Map<string, Row>()
for (const contender of CONTENDERS) {
  for (const kind of KINDS) {
    const { perSecond } = median(contender.title, kind)
    progress.show(`at half of the highest rate · ${contender.title} · ${kind} · ${Math.round(perSecond / 2)}/s`)
    atHalf.set(`${contender.title} ${kind}`, await trial(contender, kind, perSecond / 2))
  }
}
progress.clear()

const ratio = (kind: LedgerLoad['kind'], ours: string, theirs: string) =>
  (median(ours, kind).perSecond / median(theirs, kind).perSecond).toFixed(1)
const lines = CONTENDERS.flatMap(({ title, underWay }) =>
  KINDS.map((kind) => {
    const { perSecond, p50Ms, p99Ms, cpuUs, etcdCpuUs, notes } = median(title, kind)
    const half = atHalf.get(`${title} ${kind}`)
    const latencies = [p50Ms, p99Ms, half?.p50Ms ?? NaN, half?.p99Ms ?? NaN]
    const numbers = [perSecond, ...latencies, cpuUs, etcdCpuUs].map((n, i) => n.toFixed(i >= 1 && i <= 4 ? 1 : 0))
    const told = Object.entries(notes).map(([name, value]) => `${name} ${value.toFixed(1)}`)
    return `| ${title} | ${kind} | ${underWay} | ${numbers.join(' | ')} | ${told.join(', ')} |`
  }),
)
const markdown = [
  `# Purchases, ${new Date().toISOString()}`,
  '',
  '10,000 goods, 10,000 players, all durable before they are answered: fdatasync by LMDB, by SQLite (WAL, synchronous FULL) and by etcd.',
  `Medians of ${RUNS} runs. etcd: **${ratio('uniform', 'Drumbeat, etcd', 'compare-and-set, etcd')} times** uniform, ` +
    `**${ratio('hot', 'Drumbeat, etcd', 'compare-and-set, etcd')} times** hot; LMDB against SQLite: ` +
    `**${ratio('uniform', 'Drumbeat, LMDB', 'SQLite, FULL')}** and **${ratio('hot', 'Drumbeat, LMDB', 'SQLite, FULL')} times**. ` +
    'Only ours sign a receipt, keep a ledger and put an event into a log.',
  '',
  '| design | goods | under way | purchases/s | p50 ms | p99 ms | at half: p50 | p99 | CPU us each | etcd CPU us each | |',
  '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
  ...lines,
  '',
].join('\n')
const name = `ledger-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`
await mkdir(RESULTS, { recursive: true })
const versions = readVersions(['etcd3', 'lmdb', 'piscina'])
const report = { machine: describeMachine(), versions, values, rows, atHalf: [...atHalf.values()] }
await writeFile(join(RESULTS, `${name}.json`), `${JSON.stringify(report, undefined, 1)}\n`)
await writeFile(join(RESULTS, `${name}.md`), markdown)
await writeFile(
  join(RESULTS, `${name}.svg`),
  plotBars({
    title: 'Durable purchases a second',
    categories: CONTENDERS.map(({ title }) => title),
    yAxis: 'purchases/s',
    series: KINDS.map((kind) => {
      return { name: kind, values: CONTENDERS.map(({ title }) => Math.round(median(title, kind).perSecond)) }
    }),
  }),
)
process.stdout.write(markdown)
progress.say(`written to ${join(RESULTS, name)}.json, .md and .svg`)
