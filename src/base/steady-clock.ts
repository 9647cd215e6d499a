import type { Clock } from './clock.ts'

/** A clock whose wall time does not follow at once when somebody sets the machine's clock, rightly or not. */
export interface SteadyClock extends Clock {
  /** How far the machine's wall clock is ahead of this one, in milliseconds. Undefined while they agree. */
  readonly apartMs: () => number | undefined
}

/** A wall clock further than this from what the monotonic clock says counts as set. */
const APART_MS = 60_000
/** After this time a set wall clock is believed. It may be right: the clock of a machine that had slept is. */
const BELIEVED_AFTER_MS = 10 * 60_000

/**
 * While the machine's wall clock is more than a minute off, wall time goes on with the monotonic clock, for ten minutes at most.
 * Smaller steps, as NTP makes them, are followed.
 */
export function createSteadyClock({ nowMs, wallMs }: Clock): SteadyClock {
  let offsetMs = wallMs() - nowMs()
  let apartSinceMs: number | undefined
  const apartMs = (): number | undefined => {
    const [now, off] = [nowMs(), wallMs() - nowMs() - offsetMs]
    if (Math.abs(off) > APART_MS) {
      apartSinceMs ??= now
      if (now - apartSinceMs < BELIEVED_AFTER_MS) return off
    }
    apartSinceMs = undefined
    offsetMs += off
    return undefined
  }
  return {
    nowMs,
    wallMs: () => {
      apartMs()
      return Math.round(nowMs() + offsetMs)
    },
    apartMs,
  }
}
