import { TokenBucket } from '../base/token-bucket.ts'
import { Refusal } from '../protocol/errors.ts'
import type { UserId } from '../protocol/ids.ts'

const BURST_S = 10
/** How many users are remembered. Beyond that, users whose bucket is full again are forgotten. */
const USERS_MAX = 100_000

/** Limits how often each user may buy, over all connections of the user. */
export class PurchaseRates {
  readonly #perSecond: number
  readonly #onLimited: () => void
  readonly #buckets = new Map<UserId, TokenBucket>()

  /** @param onLimited called when a purchase is refused */
  constructor(perSecond: number, onLimited: () => void) {
    this.#perSecond = perSecond
    this.#onLimited = onLimited
  }

  /** Counts one purchase. Throws RATE_LIMITED. */
  take(user: UserId, nowMs: number): void {
    let bucket = this.#buckets.get(user)
    if (!bucket) {
      if (this.#buckets.size >= USERS_MAX) this.#forgetFull(nowMs)
      bucket = new TokenBucket(this.#perSecond, this.#perSecond * BURST_S, nowMs)
      this.#buckets.set(user, bucket)
    }
    if (bucket.take(1, nowMs)) return
    this.#onLimited()
    throw new Refusal('RATE_LIMITED', 'too many purchases', { retry_after_ms: bucket.waitMs(1, nowMs) })
  }

  #forgetFull(nowMs: number): void {
    for (const [user, bucket] of this.#buckets) if (bucket.isFull(nowMs)) this.#buckets.delete(user)
  }
}
