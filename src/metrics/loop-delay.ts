import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks'

export interface LoopDelay {
  /** The 99th percentile of the last 15 s to 30 s. Reading it changes nothing for other readers. */
  p99Ms(): number
  close(): void
}

/** Each look wakes the process. At Node's default of 10 ms an idle process would spend 1 % of a core on it. */
const RESOLUTION_MS = 20
/** As often as Prometheus usually scrapes, so that it sees each window. */
const WINDOW_MS = 15_000

type Histogram = Pick<IntervalHistogram, 'enable' | 'disable' | 'reset' | 'count' | 'percentile'>

/** Measures how late the timers of this process are. Clients feel this when the process has too much to do. */
export function openLoopDelay(histogram: Histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })): LoopDelay {
  histogram.enable()
  // Node measures the whole interval, so RESOLUTION_MS means on time.
  const nowMs = () => (histogram.count === 0 ? 0 : Math.max(0, histogram.percentile(99) / 1e6 - RESOLUTION_MS))
  let beforeMs = 0
  const timer = setInterval(() => {
    beforeMs = nowMs()
    histogram.reset()
  }, WINDOW_MS)
  timer.unref()
  return {
    p99Ms: () => Math.max(beforeMs, nowMs()),
    close: () => {
      clearInterval(timer)
      histogram.disable()
    },
  }
}
