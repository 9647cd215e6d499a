import type { Clock } from '../base/clock.ts'
import type { Hub } from '../hub/hub.ts'

export interface HistoryFloorOptions {
  readonly hub: Pick<Hub, 'reachMs'>
  /** How far the history should reach back at least. 0 sets no minimum. */
  readonly floorMs: number
  /** How long an event is kept. The history never reaches back further. */
  readonly ttlMs: number
  readonly clock: Clock
  readonly onPrice: (price: number) => void
}

/** A user keeps at least an eighth of the budget: 16 KiB a second by default, enough for some 40 moves. */
const PRICE_MAX = 8

/**
 * Raises the price of events that enter the log while the history does not reach back as far as it should. Each doubling halves
 * what a user may send per second, so the users who send the most are refused first. Users who send little notice nothing.
 */
export class HistoryFloor {
  readonly #options: HistoryFloorOptions
  readonly #floorMs: number
  readonly #openedMs: number
  #price = 1

  constructor(options: HistoryFloorOptions) {
    this.#options = options
    this.#floorMs = Math.min(options.floorMs, options.ttlMs)
    this.#openedMs = options.clock.nowMs()
  }

  get price(): number {
    return this.#price
  }

  /** Call this once a second. */
  look(): void {
    const { hub, clock, onPrice } = this.#options
    const floorMs = this.#floorMs
    // The history from before the start counts as if it began at the start.
    if (clock.nowMs() - this.#openedMs < floorMs) return
    const reachMs = hub.reachMs
    const before = this.#price
    if (reachMs < floorMs) this.#price = Math.min(PRICE_MAX, before * 2)
    else if (reachMs > 2 * floorMs) this.#price = Math.max(1, before / 2)
    if (this.#price !== before) onPrice(this.#price)
  }
}
