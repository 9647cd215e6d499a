/** A metric, described for people. `docs/reference/metrics.md` and every registry are generated from these descriptions. */
export interface MetricAbout {
  /** Without the prefix `drumbeat_`. Units are seconds or bytes, and names of counters end in `_total`. */
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  /** Each label has few values, whatever clients send. */
  readonly labels?: readonly string[]
  readonly buckets?: readonly number[]
  /** What an operator should think or do when it moves. */
  readonly when: string
  /** Values of the first label that exist from the start with 0, so that even their first count is an increase. */
  readonly startsWith?: readonly string[]
}

/** Buckets of histograms: durations, and counts. */
export const SECONDS = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5]
export const SIZES = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000]
