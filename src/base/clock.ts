/** Time is an argument, so that a test can run the whole server on a clock which it moves. */
export interface Clock {
  /** Monotonic, in milliseconds. Its start is arbitrary, and it never jumps. */
  readonly nowMs: () => number
  /** Unix time in milliseconds. It jumps if somebody sets the machine's clock. */
  readonly wallMs: () => number
}

/** What sd_notify(3) calls MONOTONIC_USEC: the machine's monotonic clock in microseconds, the same for all processes. */
export function monotonicUs(): bigint {
  return process.hrtime.bigint() / 1000n
}

/**
 * `nowMs` of the system's clock counts from the start of its process. This is that moment on the machine's monotonic clock, in
 * whole milliseconds: each process rounds it alike, so that a run under a simulated clock can be repeated.
 */
const PROCESS_STARTED_MS = Math.round(Number(process.hrtime.bigint()) / 1e6 - performance.now())

/** Turns a deadline of this process into one that other processes of this machine can read, in whole milliseconds. */
export function toMachineMs(nowMs: number): number {
  return Math.ceil(nowMs + PROCESS_STARTED_MS)
}

export function fromMachineMs(machineMs: number): number {
  return machineMs - PROCESS_STARTED_MS
}

/** The Unix time at which the machine's monotonic clock was 0, by the wall clock as it is now. */
export function monotonicOriginMs({ nowMs, wallMs }: Clock): number {
  return wallMs() - nowMs() - PROCESS_STARTED_MS
}

/**
 * Returns a Unix clock, in milliseconds, that nobody can set. It is the same in all processes of this machine that get the same
 * origin.
 */
export function createUnixTime({ nowMs }: Pick<Clock, 'nowMs'>, originMs: number): () => number {
  const startedMs = originMs + PROCESS_STARTED_MS
  return () => startedMs + nowMs()
}

/** Readings of the two clocks differ by less than this, unless the wall clock was set. */
const SET_MS = 100

/**
 * Unix time in milliseconds, with fractions, so that events within one millisecond can be ordered. It does not follow a wall
 * clock that is slowed or sped up a little, only one that was set.
 */
export function createFineWall({ nowMs, wallMs }: Clock): () => number {
  let originMs = performance.timeOrigin
  return () => {
    const fineMs = originMs + nowMs()
    const offMs = wallMs() - fineMs
    if (Math.abs(offMs) < SET_MS) return fineMs
    originMs += offMs
    return fineMs + offMs
  }
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
}
