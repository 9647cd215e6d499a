import { createHistogram } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LedgerLoad, LedgerResult } from './workload.ts'

/** Makes purchases as the load says. Measures those that end in the window, which begins after the warm-up. */
export async function runLoad(load: LedgerLoad, buy: () => Promise<void>): Promise<Omit<LedgerResult, 'notes'>> {
  const histogram = createHistogram()
  const startMs = performance.now()
  const fromMs = startMs + load.warmupSeconds * 1000
  const untilMs = fromMs + load.seconds * 1000
  let done = 0
  const measured = async (sinceMs: number): Promise<void> => {
    await buy()
    const nowMs = performance.now()
    if (nowMs < fromMs || nowMs >= untilMs) return
    done++
    histogram.record(Math.max(1, Math.round((nowMs - sinceMs) * 1000)))
  }
  const cpu = measureCpu(load)
  const { perSecond } = load
  if (perSecond === null) await closedLoop(load.underWay, untilMs, measured)
  else await openLoop(perSecond, startMs, untilMs, measured)
  return {
    perSecond: done / load.seconds,
    p50Ms: histogram.percentile(50) / 1000,
    p99Ms: histogram.percentile(99) / 1000,
    cpuUs: (await cpu) / Math.max(1, done),
  }
}

/** Keeps this many purchases under way, as fast as they go. */
async function closedLoop(underWay: number, untilMs: number, measured: (sinceMs: number) => Promise<void>) {
  const loop = async (): Promise<void> => {
    while (performance.now() < untilMs) await measured(performance.now())
  }
  await Promise.all(Array.from({ length: underWay }, loop))
}

/** Starts so many purchases per second, whether others are answered or not. Latency counts from when each was due. */
async function openLoop(
  perSecond: number,
  startMs: number,
  untilMs: number,
  measured: (sinceMs: number) => Promise<void>,
): Promise<void> {
  const all: Promise<void>[] = []
  for (let sent = 0; ;) {
    const nowMs = performance.now()
    if (nowMs >= untilMs) break
    for (; startMs + (sent / perSecond) * 1000 <= nowMs; sent++) all.push(measured(startMs + (sent / perSecond) * 1000))
    await sleep(1)
  }
  await Promise.all(all)
}

/** The CPU time of this process over the window, in microseconds. */
async function measureCpu({ warmupSeconds, seconds }: LedgerLoad): Promise<number> {
  await sleep(warmupSeconds * 1000)
  const before = process.cpuUsage()
  await sleep(seconds * 1000)
  const { user, system } = process.cpuUsage(before)
  return user + system
}
