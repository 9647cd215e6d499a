import { TIMER_MS_MAX } from './limits.ts'

export interface Backoff {
  readonly baseMs: number
  readonly maxMs: number
}

/**
 * Full jitter: uniform between 0 and base × 2^attempt, capped at the maximum, so that clients that lost their connections
 * together do not all return at once. (Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.)
 */
export function backoffMs(attempt: number, backoff: Backoff, random: () => number = Math.random): number {
  return random() * Math.min(backoff.maxMs, backoff.baseMs * 2 ** attempt)
}

/** A random number between the two, uniformly distributed. */
export function between(min: number, max: number): number {
  return min + Math.random() * (max - min)
}

/** Unix time in milliseconds. This is the wall clock, because the monotonic one may stop while the machine sleeps. */
export function nowMs(): number {
  return Date.now()
}

/** Calls back once after the time, or never if it is Infinity. Returns a function that cancels it. */
export function after(delayMs: number, callback: () => void): () => void {
  if (delayMs === Infinity) return () => undefined
  const timer = setTimeout(callback, Math.min(delayMs, TIMER_MS_MAX))
  return () => clearTimeout(timer)
}

/** Resolves after the time, or as soon as one of the signals aborts. */
export function sleep(delayMs: number, signals: readonly AbortSignal[]): Promise<void> {
  if (signals.some((signal) => signal.aborted)) return Promise.resolve()
  return new Promise((resolve) => {
    const wake = () => {
      cancel()
      for (const signal of signals) signal.removeEventListener('abort', wake)
      resolve()
    }
    const cancel = after(delayMs, wake)
    for (const signal of signals) signal.addEventListener('abort', wake)
  })
}
