import type { Cores } from './cores.ts'
import type { Machine } from './machine.ts'
import type { GoalSummary, LineSummary, Spread, Summary } from './summary.ts'
import type { Trial } from './trial.ts'
import type { Column, Workload } from './workload.ts'

/** A workload's part of the JSON file. */
export interface Report extends Summary {
  readonly name: string
  readonly title: string
  readonly what: string
  readonly columns: readonly Column[]
  readonly startedAt: string
  readonly cores: Cores
  readonly machine: Machine
  readonly versions: Readonly<Record<string, string>>
  readonly trials: readonly Trial[]
}

export function toReport(
  { name, title, what, columns }: Workload,
  rest: Omit<Report, 'name' | 'title' | 'what' | 'columns'>,
): Report {
  return { name, title, what, columns, ...rest }
}

/** Tables in Markdown, with notes on how to read them. */
export function renderMarkdown(report: Report): string {
  const { lines, goals, columns } = report
  return [
    `### ${report.name}: ${report.title}`,
    '',
    `${report.what} Medians (min–max).`,
    '',
    ...table(
      ['server', ...columns.map(({ heading }) => heading)],
      lines.map((line) => cellsOf(line, columns)),
    ),
    '',
    ...(goals.length === 0 ? [] : [...table(['against', 'wanted', 'measured', ''], goals.map(goalCells)), '']),
    ...notes(report).map((note) => `- ${note}`),
    '',
  ].join('\n')
}

export function cellsOf({ title, runs, figures }: LineSummary, columns: readonly Column[]): string[] {
  if (runs === 0) return [title, 'failed', ...columns.slice(1).map(() => '')]
  return [title, ...columns.map((column) => showSpread(figures[column.key], column))]
}

export function goalCells({ text, wanted, measured, met }: GoalSummary): string[] {
  return [text, wanted, measured === null ? 'not measured' : measured.toFixed(2), met ? 'yes' : '**no**']
}

export function notes({ cores, machine, versions, lines, startedAt }: Report): string[] {
  const place = cores.pinned
    ? `Server on core ${cores.server}, generator on core ${cores.client}`
    : `**Not pinned** (${cores.why}): server and generator share the cores`
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  const most = (key: string): number => Math.max(0, ...lines.map(({ figures }) => figures[key]?.max ?? 0))
  return [
    `${startedAt}. ${place}; ${machine.cpu}, ${machine.cores} cores, ${machine.kernel}.`,
    `${packages.join(', ')}.`,
    `The generator took at most ${most('generatorCores').toFixed(2)} of its core.`,
    ...lines.flatMap(({ title, doubts }) => doubts.map((doubt) => `**${title}: ${doubt.replaceAll('\n', ' / ')}.**`)),
  ]
}

function showSpread(spread: Spread | undefined, { digits, unit = 1 }: Column): string {
  if (!spread) return ''
  const [median, min, max] = [spread.median, spread.min, spread.max].map((value) => (value / unit).toFixed(digits))
  return min === max ? String(median) : `${median} (${min}–${max})`
}

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [headings, headings.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
}
