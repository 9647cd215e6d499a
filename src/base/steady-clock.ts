import type { Clock } from './clock.ts'

/** A clock whose wall time does not follow a jump at once: somebody has set the machine's clock, rightly or not. */
export interface SteadyClock extends Clock {
  /** How far the machine's wall clock is ahead of this one, in milliseconds; undefined while they agree. */
  readonly apartMs: () => number | undefined
}

/** The wall clock may be so far from what the monotonic one says. */
const APART_MS = 60_000
/** A wall clock that is set is believed after so long, such as that of a machine that had slept. */
const BELIEVED_AFTER_MS = 10 * 60_000

/**
 * Wall time that goes on with the monotonic clock while the machine's wall clock is more than a minute from it, for ten minutes.
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
