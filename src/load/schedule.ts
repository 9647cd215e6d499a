import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../base/clock.ts'

/**
 * An open loop: message k is due at start + k / rate, whatever happened to earlier ones. A message that is sent late is still
 * measured from when it was due, so that a stall is seen in full (no coordinated omission).
 */
export class Schedule {
  readonly #intervalMs: number
  #startMs = 0

  /** @param rate per second */
  constructor(rate: number) {
    this.#intervalMs = 1000 / rate
  }

  /** When message 0 is due, on the clock of `systemClock.nowMs()`. */
  startAt(startMs: number): void {
    this.#startMs = startMs
  }

  dueMs(sequence: number): number {
    return this.#startMs + sequence * this.#intervalMs
  }

  /**
   * Sends messages from `from` up to but not including `to`. Each is sent when it is due (timers have 1 ms), or as soon after as
   * possible.
   */
  async run(from: number, to: number, send: (sequence: number) => void): Promise<void> {
    for (let next = from; next < to;) {
      const nowMs = systemClock.nowMs()
      while (next < to && this.dueMs(next) <= nowMs) send(next++)
      if (next < to) await sleep(this.dueMs(next) - nowMs)
    }
  }

  async until(sequence: number): Promise<void> {
    await sleep(Math.max(0, this.dueMs(sequence) - systemClock.nowMs()))
  }
}
