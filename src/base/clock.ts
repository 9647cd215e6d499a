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

/**
 * `nowMs` of the system's clock counts from the start of its process. In whole milliseconds, so that what is rounded comes to the same in every
 * process: a run under a simulated clock repeats itself.
 */
const PROCESS_STARTED_MS = Math.round(Number(process.hrtime.bigint()) / 1e6 - performance.now())

/** A deadline of this process as another process of this machine can read it, in whole milliseconds. */
export function toMachineMs(nowMs: number): number {
  return Math.ceil(nowMs + PROCESS_STARTED_MS)
}

export function fromMachineMs(machineMs: number): number {
  return machineMs - PROCESS_STARTED_MS
}

/** When the machine's monotonic clock was 0, in Unix time, as the wall clock has it now. */
export function monotonicOriginMs({ nowMs, wallMs }: Clock): number {
  return wallMs() - nowMs() - PROCESS_STARTED_MS
}

/** Unix time that nobody can set, in milliseconds: the same in all processes of this machine that are given the same origin. */
export function createUnixTime({ nowMs }: Pick<Clock, 'nowMs'>, originMs: number): () => number {
  const startedMs = originMs + PROCESS_STARTED_MS
  return () => startedMs + nowMs()
}

/** More than two readings can be apart by themselves. */
const SET_MS = 100

/**
 * Unix time in milliseconds with its fractions, so that what happened in one of them has an order. It goes on where the wall clock is
 * slowed or hurried, and follows it where it was set.
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
