import { BASELINE } from './peers/index.ts'
import type { Measured, Trial } from './trial.ts'
import type { Load } from './load/broadcast.ts'

/** Below this share of the asked rate, or with more than this still under way at the end, a server has fallen behind. */
const HELD_SHARE = 0.98
const BACKLOG_SECONDS_MAX = 0.25

/** Over the runs of one peer. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export interface PeerSummary {
  readonly peer: string
  readonly runs: number
  readonly failures: readonly string[]
  /** Runs in which it did not hold the rate. */
  readonly fellBehind: number
  /** Broadcasts a second that it carried through to everybody. */
  readonly achievedRate: Spread
  readonly deliveriesPerSecond: Spread
  readonly serverCores: Spread
  readonly serverMicrosPerDelivery: Spread
  /** CPU per delivery against the baseline's; undefined where that did not run. */
  readonly timesBaseline: number | undefined
  readonly p50Ms: Spread
  readonly p99Ms: Spread
  readonly serverRssBytes: Spread
  readonly frameBytes: Spread
  /** Never arrived, over all runs, and out of order or twice at the connections that were looked at. */
  readonly lost: number
  readonly disorder: number
  /** Why the server closed connections, each reason once. */
  readonly closed: readonly string[]
  readonly generatorCores: Spread
  readonly sendLagP99Ms: Spread
  readonly foreignCores: Spread | undefined
}

/** One line per peer, in the order in which they first ran. */
export function summarize(trials: readonly Trial[], load: Load): readonly PeerSummary[] {
  const names = [...new Set(trials.map((trial) => trial.peer))]
  const baseline = medianCost(trials, BASELINE)
  return names.map((name) => {
    const own = trials.filter((trial) => trial.peer === name)
    const cost = medianCost(trials, name)
    const timesBaseline = baseline === undefined || cost === undefined ? undefined : cost / baseline
    return summarizePeer(name, own, { load, timesBaseline })
  })
}

function summarizePeer(
  peer: string,
  trials: readonly Trial[],
  { load, timesBaseline }: { readonly load: Load; readonly timesBaseline: number | undefined },
): PeerSummary {
  const runs = measuredOf(trials)
  const over = (value: (run: Measured) => number): Spread => spread(runs.map(value))
  const rate = (run: Measured): number => run.deliveriesPerSecond / load.connections
  const held = (run: Measured): boolean =>
    rate(run) >= load.rate * HELD_SHARE && run.backlogSeconds <= BACKLOG_SECONDS_MAX
  return {
    peer,
    runs: runs.length,
    failures: trials.flatMap((trial) => ('failed' in trial ? [trial.failed] : [])),
    fellBehind: runs.filter((run) => !held(run)).length,
    achievedRate: over(rate),
    deliveriesPerSecond: over((run) => run.deliveriesPerSecond),
    serverCores: over((run) => run.serverCores),
    serverMicrosPerDelivery: over((run) => run.serverMicrosPerDelivery),
    timesBaseline,
    p50Ms: over((run) => run.latencyMs.p50),
    p99Ms: over((run) => run.latencyMs.p99),
    serverRssBytes: over((run) => run.serverRssBytes),
    frameBytes: over((run) => run.frameBytes),
    lost: runs.reduce((sum, run) => sum + run.expected - run.received, 0),
    disorder: runs.reduce((sum, run) => sum + run.disorder, 0),
    closed: [...new Set(runs.flatMap((run) => run.closed))],
    generatorCores: over((run) => run.generatorCores),
    sendLagP99Ms: over((run) => run.sendLagMs.p99),
    foreignCores: runs.some((run) => run.foreignCores === undefined) ? undefined : over((run) => run.foreignCores ?? 0),
  }
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (index: number): number => sorted[index] ?? Number.NaN
  const middle = (sorted.length - 1) / 2
  return { median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, min: at(0), max: at(sorted.length - 1) }
}

function medianCost(trials: readonly Trial[], peer: string): number | undefined {
  const runs = measuredOf(trials.filter((trial) => trial.peer === peer))
  return runs.length === 0 ? undefined : spread(runs.map((run) => run.serverMicrosPerDelivery)).median
}

function measuredOf(trials: readonly Trial[]): Measured[] {
  return trials.flatMap((trial) => ('measured' in trial ? [trial.measured] : []))
}
