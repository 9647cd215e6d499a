import { TokenBucket } from '../base/token-bucket.ts'
import type { UserId } from '../protocol/ids.ts'
import { BURST_S } from './limits.ts'

export interface ShareRates {
  readonly messagesPerSecond: number
  readonly bytesPerSecond: number
  readonly joinsPerSecond: number
  /** Bytes of events that enter the log. */
  readonly logBytesPerSecond: number
  /** The part of these bytes that may go to whole namespaces. */
  readonly broadcastBytesPerSecond: number
  /** The part of these bytes that may go to any one user. */
  readonly messageBytesPerSecond: number
}

/** Which budget of a user is used up, and how long to wait. */
export interface Over {
  readonly kind: 'joins' | 'log' | 'broadcasts' | 'messages'
  readonly waitMs: number
}

/** What all shares of a worker have in common. */
export interface ShareTerms {
  readonly rates: ShareRates
  /** How much a byte costs in the budget for the log. More than 1 while the history is too short. */
  readonly logPrice: number
}

/**
 * For how many receivers the messages of one user are counted. Beyond that, a receiver is forgotten, and messages to it are
 * counted from zero.
 */
const TARGETS_MAX = 256

/**
 * What one user may take of shared resources, over all its connections to this worker. The guests of an address count as one
 * user. The cost of a request is known only after it was done, so a budget can be overdrawn once, by at most four seconds' worth.
 * Nothing passes until that is made up for.
 */
export class Share {
  /**
   * To how many workers the user is connected. Each has one such part of the share, so everything costs this many times as much.
   */
  parts: number
  /** Requests of all its connections that the primary has not answered, see `CallsUnderWay`. */
  callsUnderWay = 0
  readonly #terms: ShareTerms
  readonly #messages: TokenBucket
  readonly #bytes: TokenBucket
  readonly #joins: TokenBucket
  readonly #log: TokenBucket
  readonly #broadcasts: TokenBucket
  #targets: Map<UserId, TokenBucket> | undefined
  /** When the last frame came or the share was last looked at. The buckets are read as of that time. */
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

  /** Counts one frame. Returns 0 if it may pass, otherwise the milliseconds after which it might. */
  waitMs(bytes: number, nowMs: number): number {
    this.#nowMs = nowMs
    const waitMs = Math.max(this.#messages.waitMs(1, nowMs), this.#bytes.waitMs(1, nowMs))
    if (waitMs > 0) return waitMs
    this.#messages.spend(this.parts)
    this.#bytes.spend(bytes * this.parts)
    return 0
  }

  /** Counts bytes that a request has made the server send. */
  spend(bytes: number): void {
    this.#bytes.spend(bytes * this.parts)
  }

  /**
   * Counts rooms that are joined by a request, by a search, or by a session that comes back. Returns undefined if they may be
   * joined. `say`, `broadcast` and `message` return undefined likewise.
   * @param nowMs given if a session comes back; by default the time of the last frame
   */
  join(rooms = 1, nowMs = this.#nowMs): Over | undefined {
    this.#nowMs = nowMs
    const waitMs = this.#joins.waitMs(1, nowMs)
    if (waitMs > 0) return { kind: 'joins', waitMs }
    this.joined(rooms)
    return undefined
  }

  /** Counts rooms that turned out to be joined, too. */
  joined(rooms: number): void {
    this.#joins.spend(rooms * this.parts)
  }

  /**
   * Counts an event in a room.
   * @param receivers how many connections get it
   */
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

  /** Whether a new object would behave the same, so that this one can be dropped. */
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

  /** Forgets one bucket: a full one if there is any, because a new one would be the same, otherwise the oldest. */
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
