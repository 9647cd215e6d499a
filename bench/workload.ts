import type { Measured } from './generator.ts'
import type { Job } from './load/order.ts'

/** What is measured, on which servers, and which results are required. */
export interface Workload {
  readonly name: string
  readonly title: string
  /** The load in one sentence. */
  readonly what: string
  readonly lines: readonly Line[]
  readonly columns: readonly Column[]
  readonly goals: readonly Goal[]
}

/** A line of the table: a server, and the load that it gets. */
export interface Line {
  readonly name: string
  readonly title: string
  /** The name of the server in `peers/`. */
  readonly peer: string
  readonly job: Job
  /** Given if one run of the job is not enough. It gets a function that runs a job, and runs what is needed. */
  readonly run?: (measure: (job: Job) => Promise<Measured>) => Promise<Measured>
}

export interface Column {
  readonly key: string
  readonly heading: string
  readonly digits: number
  /** The figure is divided by this. */
  readonly unit?: number
}

/** The median of a figure over the runs of a line. NaN if there is none. */
export type Median = (line: string, key: string) => number

export interface Goal {
  readonly text: string
  readonly measured: (median: Median) => number
  readonly atMost?: number
  readonly atLeast?: number
}

export function isMet({ atMost = Infinity, atLeast = -Infinity }: Goal, value: number): boolean {
  return value <= atMost && value >= atLeast
}

/** A figure of one line, divided by that of another. */
export function ratio(key: string, line: string, other: string): Goal['measured'] {
  return (median) => median(line, key) / median(other, key)
}

const MEBIBYTE = 1024 * 1024
export const COLUMN = {
  perSecond: { key: 'perSecond', heading: 'per second', digits: 0 },
  deliveries: { key: 'perSecond', heading: 'deliveries/s', digits: 0 },
  rate: { key: 'rate', heading: 'rate/s', digits: 0 },
  cores: { key: 'serverCores', heading: 'server CPU, cores', digits: 2 },
  primary: { key: 'primaryCores', heading: 'of it the primary', digits: 2 },
  micros: { key: 'microsEach', heading: 'CPU each, µs', digits: 2 },
  p50: { key: 'p50Ms', heading: 'p50, ms', digits: 1 },
  p99: { key: 'p99Ms', heading: 'p99, ms', digits: 1 },
  rss: { key: 'rssBytes', heading: 'RSS, MiB', digits: 0, unit: MEBIBYTE },
  frame: { key: 'frameBytes', heading: 'frame, bytes', digits: 0 },
  lost: { key: 'lost', heading: 'lost', digits: 0 },
} as const satisfies Record<string, Column>
