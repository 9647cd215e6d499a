import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks'

export interface LoopDelay {
  /** The 99th percentile of the last 15 s to 30 s: whoever asks takes nothing from others who do. */
  p99Ms(): number
  close(): void
}

/** Each look wakes the process: at 10 ms, Node's own default, that is 1 % of a core for a process that has nothing to do. */
const RESOLUTION_MS = 20
/** As often as Prometheus looks, mostly: so it sees each of them. */
const WINDOW_MS = 15_000

type Histogram = Pick<IntervalHistogram, 'enable' | 'disable' | 'reset' | 'count' | 'percentile'>

/** How late this process's timers are: what a client feels when the process has too much to do. */
export function openLoopDelay(histogram: Histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })): LoopDelay {
  histogram.enable()
  // Node measures the whole interval: on time is RESOLUTION_MS.
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
