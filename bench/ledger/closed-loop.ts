import { createHistogram } from 'node:perf_hooks'
import type { LedgerLoad, LedgerResult } from './workload.ts'

/** Keeps `underWay` purchases under way, and measures those that end in the window. */
export async function runClosedLoop(load: LedgerLoad, buy: () => Promise<void>): Promise<Omit<LedgerResult, 'notes'>> {
  const histogram = createHistogram()
  const fromMs = performance.now() + load.warmupSeconds * 1000
  const untilMs = fromMs + load.seconds * 1000
  let done = 0
  const loop = async (): Promise<void> => {
    for (;;) {
      const startedMs = performance.now()
      if (startedMs >= untilMs) return
      await buy()
      const nowMs = performance.now()
      if (nowMs < fromMs || nowMs >= untilMs) continue
      done++
      histogram.record(Math.max(1, Math.round((nowMs - startedMs) * 1000)))
    }
  }
  let before = process.cpuUsage()
  let cpu = { user: 0, system: 0 }
  setTimeout(() => (before = process.cpuUsage()), load.warmupSeconds * 1000)
  setTimeout(() => (cpu = process.cpuUsage(before)), (load.warmupSeconds + load.seconds) * 1000)
  await Promise.all(Array.from({ length: load.underWay }, loop))
  await new Promise((resolve) => setTimeout(resolve, 50))
  return {
    perSecond: done / load.seconds,
    p50Ms: histogram.percentile(50) / 1000,
    p99Ms: histogram.percentile(99) / 1000,
    cpuUs: (cpu.user + cpu.system) / Math.max(1, done),
  }
}
