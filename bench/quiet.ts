import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cores } from './cores.ts'
import { readCoreBusySeconds } from './process-cpu.ts'

/** A server that has to share its core sends less often and more at a time, so its figures get better and not worse. */
const BUSY_MAX = 0.05
const LOOK_MS = 1_000
const WAIT_MS_MAX = 30_000

/** Waits until other programs leave both cores alone, but not forever. A run that was disturbed says so. */
export async function waitForQuiet(cores: Cores, signal: AbortSignal): Promise<void> {
  if (!cores.pinned) return
  const deadlineMs = performance.now() + WAIT_MS_MAX
  while (performance.now() < deadlineMs) {
    const before = [cores.server, cores.client].map(readCoreBusySeconds)
    await sleep(LOOK_MS, undefined, { signal })
    const busy = [cores.server, cores.client].map((core, index) => readCoreBusySeconds(core) - (before[index] ?? 0))
    if (busy.every((seconds) => (seconds * 1000) / LOOK_MS <= BUSY_MAX)) return
  }
}
