/** What a metric is to those who read it: `docs/reference/metrics.md` is made of this, and so is each registry. */
export interface MetricAbout {
  /** Without the prefix `drumbeat_`. Base units; counters end in `_total`. */
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  /** Each with few values, whatever clients send. */
  readonly labels?: readonly string[]
  readonly buckets?: readonly number[]
  /** What an operator should think, or do, when it moves. */
  readonly when: string
  /** There from the start, so that the first of its kind is an increase; of the first label. */
  readonly startsWith?: readonly string[]
}

/** Buckets of durations, and of how many. */
export const SECONDS = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5]
export const SIZES = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000]
