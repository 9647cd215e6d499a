/** A rate with a burst: `take` says whether there is room now, `waitMs` when there will be. */
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

  /** Takes what `waitMs` has just said is there; or more than that, which has to be gained first, but no more than a burst of it. */
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
