import type { Clock } from '../../src/base/clock.ts'

export interface ManualClock extends Clock {
  readonly pass: (ms: number) => void
}

/** A clock that stands still until a test moves it. */
export function createManualClock(startMs = 1_790_000_000_000): ManualClock {
  let nowMs = startMs
  return { nowMs: () => nowMs, wallMs: () => nowMs, pass: (ms) => void (nowMs += ms) }
}
