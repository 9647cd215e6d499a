/** Time as an argument: the whole server can be run on a clock that a test moves. */
export interface Clock {
  /** Monotonic, in milliseconds, from an arbitrary start; never jumps. */
  readonly nowMs: () => number
  /** Unix time in milliseconds; may jump. */
  readonly wallMs: () => number
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
}
