import type { Clock } from '../base/clock.ts'
import { TokenBucket } from '../base/token-bucket.ts'
import type { Channel, UserId } from '../protocol/ids.ts'

export interface EventSharesOptions {
  /** How many bytes all senders together may send to a namespace. */
  readonly broadcastBytesPerSecond: number
  /** How many bytes all senders together may send to one user. */
  readonly messageBytesPerSecond: number
  readonly clock: Clock
}

/** A burst may be as large as this many seconds' worth. */
const BURST_S = 4
/** With more target users than this, those whose budget is full again are forgotten, which changes nothing. */
const TARGETS_MAX = 1024

/**
 * Limits what all senders together send to a namespace or to a user. Every connection of the namespace or the user has to read
 * these events, and a connection that cannot keep up is closed. The limit of each sender is kept at its worker, by its `Share`.
 * A budget may be overdrawn by one event, so an event of any size can pass.
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
   * Counts an event. Returns 0 if it may pass, or the milliseconds after which it might. An event that is not limited always
   * passes, but is counted.
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

  /** Forgets users whose budget is full. The next call is due only when the number of users has doubled. */
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
