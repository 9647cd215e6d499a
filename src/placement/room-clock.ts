import { createUnixTime, monotonicOriginMs, type Clock } from '../base/clock.ts'

/**
 * The clock of rooms: Unix time as it was known when the node started, which goes on whatever is done to the machine's wall clock. All
 * hosts of the node have it, so that a room is neither early nor late in the next one.
 */
export class RoomClock {
  /** See `HostWelcome`. */
  readonly originMs: number
  readonly nowMs: () => number
  readonly #clock: Clock

  /** @param notBeforeMs when rooms that go on here were last known to live: for them time does not go back, whatever the wall clock says */
  constructor(clock: Clock, notBeforeMs = -Infinity) {
    this.#clock = clock
    const originMs = monotonicOriginMs(clock)
    this.originMs = originMs + Math.max(0, notBeforeMs - createUnixTime(clock, originMs)())
    this.nowMs = createUnixTime(clock, this.originMs)
  }

  /** When that is or was by the wall clock as it is set now, which is what clients are told of the time. */
  toWallMs(atMs: number): number {
    return Math.round(atMs + this.#clock.wallMs() - this.nowMs())
  }
}
