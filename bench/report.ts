import type { Cores } from './cores.ts'
import type { Machine } from './machine.ts'
import { findPeer } from './peers/index.ts'
import type { PeerSummary, Spread } from './summary.ts'
import type { Trial } from './trial.ts'
import type { Workload } from './workloads.ts'

/** More than this of the server's core taken by others, and the run's figures are theirs as well. */
const FOREIGN_CORES_MAX = 0.05
const GENERATOR_CORES_MAX = 0.95
const MEBIBYTE = 1024 * 1024

/** What the JSON file holds. */
export interface Report {
  readonly startedAt: string
  readonly workload: Workload
  readonly cores: Cores
  readonly machine: Machine
  readonly versions: Readonly<Record<string, string>>
  readonly summary: readonly PeerSummary[]
  readonly trials: readonly Trial[]
}

const COLUMNS: readonly (readonly [string, (summary: PeerSummary, report: Report) => string])[] = [
  ['server', ({ peer }) => findPeer(peer).title],
  ['rate', showRate],
  ['deliveries/s', (summary) => show(summary.deliveriesPerSecond, (value) => String(Math.round(value)))],
  ['server CPU, cores', (summary) => show(summary.serverCores, fixed(2))],
  ['CPU per delivery, µs', (summary) => show(summary.serverMicrosPerDelivery, fixed(2))],
  ['× bare', ({ timesBaseline }) => (timesBaseline === undefined ? '' : timesBaseline.toFixed(2))],
  ['p50, ms', (summary) => show(summary.p50Ms, fixed(1))],
  ['p99, ms', (summary) => show(summary.p99Ms, fixed(1))],
  ['RSS, MiB', (summary) => show(summary.serverRssBytes, (value) => (value / MEBIBYTE).toFixed(0))],
  ['frame, bytes', (summary) => summary.frameBytes.median.toFixed(0)],
  ['lost', (summary) => String(summary.lost)],
]

/** A table in Markdown with what has to be known to read it. */
export function renderMarkdown(report: Report): string {
  const { load, name, title } = report.workload
  const rows = report.summary.map((summary) => {
    const cells = COLUMNS.map(([, cell]) => (summary.runs === 0 ? '' : cell(summary, report)))
    return summary.runs === 0 ? [findPeer(summary.peer).title, 'failed', ...cells.slice(2)] : cells
  })
  return [
    `### ${name}: ${title}`,
    '',
    `${load.connections} connections, ${load.rate}/s of ${load.messageBytes} bytes, ${load.seconds} s. Median (min–max).`,
    '',
    row(COLUMNS.map(([heading]) => heading)),
    row(COLUMNS.map(() => '---')),
    ...rows.map(row),
    '',
    ...notes(report).map((note) => `- ${note}`),
    '',
  ].join('\n')
}

function showRate(summary: PeerSummary, { workload }: Report): string {
  if (summary.fellBehind === 0) return `holds ${workload.load.rate}/s`
  const which = summary.fellBehind === summary.runs ? '' : ` in ${summary.fellBehind} of ${summary.runs} runs`
  return `**falls behind**${which}: ${show(summary.achievedRate, fixed(0))}/s`
}

function notes({ workload: { load }, cores, machine, versions, summary }: Report): string[] {
  const measured = summary.filter((each) => each.runs > 0)
  const most = (value: (each: PeerSummary) => number): number => Math.max(0, ...measured.map(value))
  const place = cores.pinned
    ? `Server on core ${cores.server}, generator on core ${cores.client}`
    : `**Not pinned** (${cores.why}): server and generator share the cores`
  const lists = [
    `${place}; ${machine.cpu}, ${machine.cores} cores, ${machine.kernel}.`,
    `${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}.`,
    `The generator took at most ${most((each) => each.generatorCores.max).toFixed(2)} of its core` +
      ` and sent at most ${most((each) => each.sendLagP99Ms.max).toFixed(1)} ms late (p99);` +
      ` it read ${load.readEveryMs === 0 ? 'as bytes came' : `every ${load.readEveryMs} ms`}.`,
  ]
  return [...lists, ...measured.flatMap(doubts), ...summary.flatMap(failures)]
}

/** What makes the figures of a peer less than they seem. */
function doubts({ peer, generatorCores, foreignCores, disorder, closed }: PeerSummary): string[] {
  const { title } = findPeer(peer)
  const found: string[] = []
  if (generatorCores.max > GENERATOR_CORES_MAX) found.push(`**${title}: the generator was the bottleneck.**`)
  if (foreignCores !== undefined && foreignCores.max > FOREIGN_CORES_MAX) {
    found.push(`**${title}: others took ${show(foreignCores, fixed(2))} of the server's core.**`)
  }
  if (disorder > 0) found.push(`**${title}: ${disorder} events out of order or twice.**`)
  if (closed.length > 0) found.push(`**${title} closed connections: ${closed.join('; ')}.**`)
  return found
}

function failures({ peer, failures }: PeerSummary): string[] {
  return failures.map((why) => `**${findPeer(peer).title} failed:** ${why.replaceAll('\n', ' / ')}`)
}

function show({ median, min, max }: Spread, format: (value: number) => string): string {
  return min === max ? format(median) : `${format(median)} (${format(min)}–${format(max)})`
}

function fixed(digits: number): (value: number) => string {
  return (value) => value.toFixed(digits)
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
