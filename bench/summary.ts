import type { Trial } from './trial.ts'
import { isMet, type Goal, type Workload } from './workload.ts'

/** If other programs take more than this of the server's core, they have influenced the figures. */
const FOREIGN_CORES_MAX = 0.05
const GENERATOR_CORES_MAX = 0.95
const SEND_LAG_MS_MAX = 20

export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** Summarizes the runs of one line. */
export interface LineSummary {
  readonly line: string
  readonly title: string
  readonly runs: number
  readonly figures: Readonly<Record<string, Spread>>
  /** Runs that failed, and what makes the figures of the others doubtful. */
  readonly doubts: readonly string[]
}

export interface GoalSummary {
  readonly text: string
  readonly wanted: string
  /** Null if one of its lines did not run. */
  readonly measured: number | null
  readonly met: boolean
}

export interface Summary {
  readonly lines: readonly LineSummary[]
  readonly goals: readonly GoalSummary[]
}

export function summarize({ lines, goals }: Workload, trials: readonly Trial[]): Summary {
  const summaries = lines
    .filter(({ name }) => trials.some(({ line }) => line === name))
    .map(({ name, title }) =>
      summarizeLine(
        name,
        title,
        trials.filter(({ line }) => line === name),
      ),
    )
  const median = (line: string, key: string): number =>
    summaries.find((summary) => summary.line === line)?.figures[key]?.median ?? Number.NaN
  return { lines: summaries, goals: goals.map((goal) => summarizeGoal(goal, goal.measured(median))) }
}

function summarizeLine(line: string, title: string, trials: readonly Trial[]): LineSummary {
  const runs = trials.flatMap((trial) => ('figures' in trial ? [trial.figures] : []))
  const keys = [...new Set(runs.flatMap((figures) => Object.keys(figures)))]
  const figures = Object.fromEntries(
    keys.map((key) => [key, spread(runs.flatMap((run) => (run[key] === undefined ? [] : [run[key]])))]),
  )
  const said = trials.flatMap((trial) => ('failed' in trial ? [`failed: ${trial.failed}`] : trial.doubts))
  return { line, title, runs: runs.length, figures, doubts: [...new Set([...said, ...doubtsOf(figures)])] }
}

function doubtsOf({ generatorCores, foreignCores, sendLagP99Ms }: Readonly<Record<string, Spread>>): string[] {
  const found: string[] = []
  if (generatorCores && generatorCores.max > GENERATOR_CORES_MAX) found.push('the generator had its core full')
  if (sendLagP99Ms && sendLagP99Ms.max > SEND_LAG_MS_MAX) {
    found.push(`the generator sent up to ${sendLagP99Ms.max.toFixed(0)} ms late (p99)`)
  }
  if (foreignCores && foreignCores.max > FOREIGN_CORES_MAX) {
    found.push(`others took up to ${foreignCores.max.toFixed(2)} of the server's core`)
  }
  return found
}

function summarizeGoal(goal: Goal, value: number): GoalSummary {
  const wanted = goal.atMost === undefined ? `≥ ${goal.atLeast}` : `≤ ${goal.atMost}`
  const isKnown = Number.isFinite(value)
  return { text: goal.text, wanted, measured: isKnown ? value : null, met: isKnown && isMet(goal, value) }
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (index: number): number => sorted[index] ?? Number.NaN
  const middle = (sorted.length - 1) / 2
  return { median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, min: at(0), max: at(sorted.length - 1) }
}
