import { createUnixTime, monotonicOriginMs, type Clock } from '../base/clock.ts'

/**
 * The clock of rooms: Unix time as it was known when the node started. It goes on steadily if somebody changes the clock of the
 * machine. All hosts of the node share it, so a room that moves is neither early nor late.
 */
export class RoomClock {
  /** See `HostWelcome`. */
  readonly originMs: number
  readonly nowMs: () => number
  readonly #clock: Clock

  /**
   * @param notBeforeMs when rooms that come back were last known to be alive. Their time must not go back, whatever the wall
   * clock says.
   */
  constructor(clock: Clock, notBeforeMs = -Infinity) {
    this.#clock = clock
    const originMs = monotonicOriginMs(clock)
    this.originMs = originMs + Math.max(0, notBeforeMs - createUnixTime(clock, originMs)())
    this.nowMs = createUnixTime(clock, this.originMs)
  }

  /** Converts to the wall clock as it is set now, by which clients are told times. */
  toWallMs(atMs: number): number {
    return Math.round(atMs + this.#clock.wallMs() - this.nowMs())
  }
}
