import { monitorEventLoopDelay } from 'node:perf_hooks'

export interface LoopDelay {
  /** The 99th percentile since it was last asked for. */
  takeP99Ms(): number
  close(): void
}

const RESOLUTION_MS = 10

/** How late this process's timers are: what a client feels when the process has too much to do. */
export function openLoopDelay(): LoopDelay {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  histogram.enable()
  return {
    takeP99Ms: () => {
      // Node measures the whole interval: on time is RESOLUTION_MS.
      const p99Ms = histogram.count === 0 ? 0 : histogram.percentile(99) / 1e6 - RESOLUTION_MS
      histogram.reset()
      return Math.max(0, p99Ms)
    },
    close: () => {
      histogram.disable()
    },
  }
}
