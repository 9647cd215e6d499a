import { TokenBucket } from '../base/token-bucket.ts'

export interface RateOptions {
  readonly messagesPerSecond: number
  readonly bytesPerSecond: number
  /** The largest frame. It must fit into the burst, or it could never be sent. */
  readonly frameBytesMax: number
}

/** How many seconds' worth may come at once. */
export const BURST_S = 4
/** A client that sends too much for this long is disconnected. */
const TOLERATED_MS = 10_000
const BAD_FRAMES_MAX = 5
const BAD_FRAMES_WINDOW_MS = 60_000

/** Limits what one connection may send. */
export class ConnectionLimits {
  readonly #messages: TokenBucket
  readonly #bytes: TokenBucket
  /** Since when every second had something above the rate. 0 if the connection is within the rate. */
  #overSinceMs = 0
  #lastOverMs = 0
  #badFrames = 0
  #badSinceMs = 0

  constructor({ messagesPerSecond, bytesPerSecond, frameBytesMax }: RateOptions, nowMs: number) {
    this.#messages = new TokenBucket(messagesPerSecond, messagesPerSecond * BURST_S, nowMs)
    this.#bytes = new TokenBucket(bytesPerSecond, Math.max(bytesPerSecond * BURST_S, frameBytesMax), nowMs)
  }

  /** Counts one frame. Returns 0 if it may pass, otherwise the milliseconds after which it might. */
  waitMs(bytes: number, nowMs: number): number {
    const waitMs = Math.max(this.#messages.waitMs(1, nowMs), this.#bytes.waitMs(bytes, nowMs))
    if (waitMs > 0) {
      this.noteOver(nowMs)
      return waitMs
    }
    this.#messages.spend(1)
    this.#bytes.spend(bytes)
    return 0
  }

  /** Whether the connection has been above the rate for so long that it is no accident. */
  isFlood(nowMs: number): boolean {
    return this.#overSinceMs !== 0 && nowMs - this.#overSinceMs >= TOLERATED_MS && nowMs - this.#lastOverMs < 1000
  }

  /** Counts one frame that was no request. Returns true if it is one too many. */
  isOneBadFrameTooMany(nowMs: number): boolean {
    if (nowMs - this.#badSinceMs > BAD_FRAMES_WINDOW_MS) {
      this.#badSinceMs = nowMs
      this.#badFrames = 0
    }
    return ++this.#badFrames >= BAD_FRAMES_MAX
  }

  /** Whether a new object would behave the same, so that this one can be dropped. */
  isAtRest(nowMs: number): boolean {
    const isCalm = this.#overSinceMs === 0 || nowMs - this.#lastOverMs > 1000
    const isGood = this.#badFrames === 0 || nowMs - this.#badSinceMs > BAD_FRAMES_WINDOW_MS
    return isCalm && isGood && this.#messages.isFull(nowMs) && this.#bytes.isFull(nowMs)
  }

  /** Notes that a frame was above the rate of the connection or of its user. */
  noteOver(nowMs: number): void {
    if (this.#overSinceMs === 0 || nowMs - this.#lastOverMs > 1000) this.#overSinceMs = nowMs
    this.#lastOverMs = nowMs
  }
}
