/** Limits a rate, with a burst. `take` says whether there is room now, and `waitMs` how long until there is. */
export class TokenBucket {
  readonly #ratePerMs: number
  readonly #burst: number
  #tokens: number
  #filledAtMs: number

  /** @param ratePerSecond tokens gained per second @param burst the most it holds @param nowMs monotonic */
  constructor(ratePerSecond: number, burst: number, nowMs: number) {
    this.#ratePerMs = ratePerSecond / 1000
    this.#burst = burst
    this.#tokens = burst
    this.#filledAtMs = nowMs
  }

  take(amount: number, nowMs: number): boolean {
    this.#fill(nowMs)
    if (this.#tokens < amount) return false
    this.#tokens -= amount
    return true
  }

  /** Milliseconds until `amount` can be taken. */
  waitMs(amount: number, nowMs: number): number {
    this.#fill(nowMs)
    return this.#tokens >= amount ? 0 : Math.ceil((amount - this.#tokens) / this.#ratePerMs)
  }

  /**
   * Takes `amount` without asking whether it is there. What is missing becomes a debt, of one burst at most, that later tokens
   * pay.
   */
  spend(amount: number): void {
    this.#tokens = Math.max(-this.#burst, this.#tokens - amount)
  }

  isFull(nowMs: number): boolean {
    this.#fill(nowMs)
    return this.#tokens >= this.#burst
  }

  #fill(nowMs: number): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + (nowMs - this.#filledAtMs) * this.#ratePerMs)
    this.#filledAtMs = nowMs
  }
}
