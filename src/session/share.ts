import { TokenBucket } from '../base/token-bucket.ts'
import type { UserId } from '../protocol/ids.ts'
import { BURST_S } from './limits.ts'

export interface ShareRates {
  readonly messagesPerSecond: number
  readonly bytesPerSecond: number
  readonly joinsPerSecond: number
  /** Of events that enter the log. */
  readonly logBytesPerSecond: number
  /** Of these, to a whole namespace. */
  readonly broadcastBytesPerSecond: number
  /** Of these, to one user. */
  readonly messageBytesPerSecond: number
}

/** Where a user has more than may be, and when that is over. */
export interface Over {
  readonly kind: 'joins' | 'log' | 'broadcasts' | 'messages'
  readonly waitMs: number
}

/** What is the same for all shares of a worker. */
export interface ShareTerms {
  readonly rates: ShareRates
  /** How many bytes of the log's budget a byte takes: more than 1 while the history is too short. */
  readonly logPrice: number
}

/** Users whose messages from this one are counted. Then the first of them is forgotten, and what is said to it counts anew. */
const TARGETS_MAX = 256

/**
 * What one user may take of what all share, over all connections to this worker; the guests of an address are one user. What a
 * request takes is known when it was done, so a budget can be overdrawn once, by four seconds' worth at most, and nothing passes until that is made good.
 */
export class Share {
  /** A user who is connected to several workers has a part of the share at each: there everything costs so many times as much. */
  parts: number
  /** Requests of all its connections that the primary has not answered: see `CallsUnderWay`. */
  callsUnderWay = 0
  readonly #terms: ShareTerms
  readonly #messages: TokenBucket
  readonly #bytes: TokenBucket
  readonly #joins: TokenBucket
  readonly #log: TokenBucket
  readonly #broadcasts: TokenBucket
  #targets: Map<UserId, TokenBucket> | undefined
  /** When its last frame came, or it was last looked at: the buckets are read as of then. */
  #nowMs: number

  constructor(terms: ShareTerms, parts: number, nowMs: number) {
    const { rates } = terms
    const bucket = (perSecond: number) => new TokenBucket(perSecond, perSecond * BURST_S, nowMs)
    this.#terms = terms
    this.parts = parts
    this.#nowMs = nowMs
    this.#messages = bucket(rates.messagesPerSecond)
    this.#bytes = bucket(rates.bytesPerSecond)
    this.#joins = bucket(rates.joinsPerSecond)
    this.#log = bucket(rates.logBytesPerSecond)
    this.#broadcasts = bucket(rates.broadcastBytesPerSecond)
  }

  /** Counts one frame. 0: it may pass; else after how many milliseconds it might. */
  waitMs(bytes: number, nowMs: number): number {
    this.#nowMs = nowMs
    const waitMs = Math.max(this.#messages.waitMs(1, nowMs), this.#bytes.waitMs(1, nowMs))
    if (waitMs > 0) return waitMs
    this.#messages.spend(this.parts)
    this.#bytes.spend(bytes * this.parts)
    return 0
  }

  /** What a request has made the server send. */
  spend(bytes: number): void {
    this.#bytes.spend(bytes * this.parts)
  }

  /**
   * Counts rooms that are joined, in whatever way: by a request, by a search, or as those of a session that comes back. Returns undefined if they
   * may be, as the next three do.
   * @param nowMs is later than the last frame, if a session comes back
   */
  join(rooms = 1, nowMs = this.#nowMs): Over | undefined {
    this.#nowMs = nowMs
    const waitMs = this.#joins.waitMs(1, nowMs)
    if (waitMs > 0) return { kind: 'joins', waitMs }
    this.joined(rooms)
    return undefined
  }

  /** It turned out that so many more were joined. */
  joined(rooms: number): void {
    this.#joins.spend(rooms * this.parts)
  }

  /** Counts an event in a room, which so many connections get. */
  say(bytes: number, receivers: number): Over | undefined {
    const over = this.#overLog()
    if (over !== undefined) return over
    this.#spendLog(bytes)
    this.spend(bytes * receivers)
    return undefined
  }

  /** Counts an event to a whole namespace. */
  broadcast(bytes: number): Over | undefined {
    const waitMs = this.#broadcasts.waitMs(1, this.#nowMs)
    const over = waitMs > 0 ? { kind: 'broadcasts' as const, waitMs } : this.#overLog()
    if (over !== undefined) return over
    this.#broadcasts.spend(bytes * this.parts)
    this.#spendLog(bytes)
    return undefined
  }

  /** Counts a message to a user. */
  message(target: UserId, bytes: number): Over | undefined {
    const bucket = this.#bucketTo(target)
    const waitMs = bucket.waitMs(1, this.#nowMs)
    const over = waitMs > 0 ? { kind: 'messages' as const, waitMs } : this.#overLog()
    if (over !== undefined) return over
    bucket.spend(bytes * this.parts)
    this.#spendLog(bytes)
    this.spend(bytes)
    return undefined
  }

  /** Nothing would be different if it were made anew. */
  isAtRest(nowMs: number): boolean {
    this.#nowMs = nowMs
    if (this.callsUnderWay > 0) return false
    const areFull =
      this.#messages.isFull(nowMs) &&
      this.#bytes.isFull(nowMs) &&
      this.#joins.isFull(nowMs) &&
      this.#log.isFull(nowMs) &&
      this.#broadcasts.isFull(nowMs)
    if (!areFull || this.#targets === undefined) return areFull
    for (const bucket of this.#targets.values()) if (!bucket.isFull(nowMs)) return false
    return true
  }

  #overLog(): Over | undefined {
    const waitMs = this.#log.waitMs(1, this.#nowMs)
    return waitMs > 0 ? { kind: 'log', waitMs } : undefined
  }

  #spendLog(bytes: number): void {
    this.#log.spend(bytes * this.parts * this.#terms.logPrice)
  }

  #bucketTo(target: UserId): TokenBucket {
    this.#targets ??= new Map()
    const known = this.#targets.get(target)
    if (known) return known
    if (this.#targets.size >= TARGETS_MAX) this.#forgetOne(this.#targets)
    const perSecond = this.#terms.rates.messageBytesPerSecond
    const made = new TokenBucket(perSecond, perSecond * BURST_S, this.#nowMs)
    this.#targets.set(target, made)
    return made
  }

  /** One that would be the same if it were made anew, if the first few have such a one. */
  #forgetOne(targets: Map<UserId, TokenBucket>): void {
    let first: UserId | undefined
    for (const [target, bucket] of targets) {
      first ??= target
      if (!bucket.isFull(this.#nowMs)) continue
      targets.delete(target)
      return
    }
    if (first !== undefined) targets.delete(first)
  }
}
