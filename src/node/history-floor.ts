import type { Clock } from '../base/clock.ts'
import type { Hub } from '../hub/hub.ts'

export interface HistoryFloorOptions {
  readonly hub: Pick<Hub, 'reachMs'>
  /** How far the history should reach back at least; 0: it does not matter. */
  readonly floorMs: number
  /** How long an event is kept: further back it never reaches. */
  readonly ttlMs: number
  readonly clock: Clock
  readonly onPrice: (price: number) => void
}

/** What is left of a user's budget then is an eighth: 16 KiB a second, which is what 40 moves take. */
const PRICE_MAX = 8

/**
 * Raises the price of what enters the log while the history reaches back less far than it should: each doubling halves what a
 * user may say in a second, so those who say the most are refused first, and those who say less than what is left notice
 * nothing.
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

  /** To be called once a second. */
  look(): void {
    const { hub, clock, onPrice } = this.#options
    const floorMs = this.#floorMs
    // What was there before the start counts as held since then.
    if (clock.nowMs() - this.#openedMs < floorMs) return
    const reachMs = hub.reachMs
    const before = this.#price
    if (reachMs < floorMs) this.#price = Math.min(PRICE_MAX, before * 2)
    else if (reachMs > 2 * floorMs) this.#price = Math.max(1, before / 2)
    if (this.#price !== before) onPrice(this.#price)
  }
}
