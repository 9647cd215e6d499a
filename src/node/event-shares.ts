import type { Clock } from '../base/clock.ts'
import { TokenBucket } from '../base/token-bucket.ts'
import type { Channel, UserId } from '../protocol/ids.ts'

export interface EventSharesOptions {
  /** To a namespace, from all who speak to it. */
  readonly broadcastBytesPerSecond: number
  /** To one user, from all who write to it. */
  readonly messageBytesPerSecond: number
  readonly clock: Clock
}

/** So many seconds' worth may come at once. */
const BURST_S = 4
/** Users whose messages are counted before those are looked for of whom nothing would be different without. */
const TARGETS_MAX = 1024

/**
 * What all together may send where everybody may send: each connection of a namespace, or of a user, has to read it, and one
 * that cannot is closed for it. What each sender may is counted at its worker, by its `Share`. A budget can be overdrawn once,
 * so an event of any size passes at some time.
 */
export class EventShares {
  readonly #options: EventSharesOptions
  readonly #namespaces = new Map<Channel, TokenBucket>()
  readonly #targets = new Map<UserId, TokenBucket>()
  #targetsMax = TARGETS_MAX

  constructor(options: EventSharesOptions) {
    this.#options = options
  }

  /**
   * Counts an event. 0: it may pass; else after how many milliseconds it might. If it passes in any case it is counted all the
   * same.
   */
  toNamespace(channel: Channel, bytes: number, isLimited: boolean): number {
    const { broadcastBytesPerSecond, clock } = this.#options
    const nowMs = clock.nowMs()
    return take(bucketOf(this.#namespaces, channel, broadcastBytesPerSecond, nowMs), bytes, isLimited, nowMs)
  }

  toUser(target: UserId, bytes: number, isLimited: boolean): number {
    const { messageBytesPerSecond, clock } = this.#options
    const nowMs = clock.nowMs()
    if (this.#targets.size >= this.#targetsMax) this.#forgetFull(nowMs)
    return take(bucketOf(this.#targets, target, messageBytesPerSecond, nowMs), bytes, isLimited, nowMs)
  }

  /** Looks at all of them only when they have doubled. */
  #forgetFull(nowMs: number): void {
    for (const [target, bucket] of this.#targets) if (bucket.isFull(nowMs)) this.#targets.delete(target)
    this.#targetsMax = Math.max(TARGETS_MAX, this.#targets.size * 2)
  }
}

function take(bucket: TokenBucket, bytes: number, isLimited: boolean, nowMs: number): number {
  const waitMs = isLimited ? bucket.waitMs(1, nowMs) : 0
  if (waitMs === 0) bucket.spend(bytes)
  return waitMs
}

function bucketOf<Key>(buckets: Map<Key, TokenBucket>, key: Key, perSecond: number, nowMs: number): TokenBucket {
  let bucket = buckets.get(key)
  if (!bucket) buckets.set(key, (bucket = new TokenBucket(perSecond, perSecond * BURST_S, nowMs)))
  return bucket
}
