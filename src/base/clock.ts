/** Time as an argument: the whole server can be run on a clock that a test moves. */
export interface Clock {
  /** Monotonic, in milliseconds, from an arbitrary start; never jumps. */
  readonly nowMs: () => number
  /** Unix time in milliseconds; may jump. */
  readonly wallMs: () => number
}

/** What sd_notify(3) calls MONOTONIC_USEC: the machine's monotonic clock in microseconds, the same for all processes. */
export function monotonicUs(): bigint {
  return process.hrtime.bigint() / 1000n
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
}
