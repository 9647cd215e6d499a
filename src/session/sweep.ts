import type { Clock } from '../base/clock.ts'
import { CLOSE } from '../protocol/close-codes.ts'
import type { Connection } from './connection.ts'
import { closeAsSlow, Lag, type LagOptions, type SlowCause } from './lag.ts'
import type { PingTimes } from './ping-times.ts'
import type { Shares } from './shares.ts'

export interface SweepOptions {
  readonly clock: Clock
  readonly shares: Shares
  readonly backpressureBytesMax: number
  /** How long a client may read nothing while something waits for it. */
  readonly stallMs: number
  /** How long a connection may be silent, without a whole frame or a pong, before it is pinged, and before it is closed. */
  readonly pings: PingTimes
  /** How long a connection may outlive its token: clock skew and grace together. */
  readonly expiryGraceMs: number
  /** How many bytes may wait in the socket's buffer before the rest waits in an outbox. */
  readonly lagBytes: number
  readonly lag: LagOptions
}

interface Waiting {
  readonly connection: Connection
  readonly bytes: number
}

/** Every connection is looked at this often, or more often. */
const SWEEP_MS = 250
/** If a sweep comes this late, the process had been stopped. */
const STOPPED_MS = 5_000
/**
 * Takes the place of `lagBytes` for connections that get patches. What waits before a patch makes it late, while a later patch
 * needs fewer bytes for the same.
 */
const PATCH_LAG_BYTES = 8 * 1024
/** Connections with fewer waiting bytes are not closed to save memory, because coming back would cost more. */
const WORTH_CLOSING_BYTES = 4 * 1024

/**
 * Looks at all connections, instead of having a timer for each. Between two looks, the buffer of a socket grows by no more than
 * what was published. So the next look is due when that is a certain part of what may wait.
 */
export class Sweeper {
  readonly #connections: ReadonlyMap<string, Connection>
  readonly #options: SweepOptions
  #published = 0
  #sweptAtMs = 0

  constructor(connections: ReadonlyMap<string, Connection>, options: SweepOptions) {
    this.#connections = connections
    this.#options = options
    setInterval(() => this.#sweep(), SWEEP_MS)
  }

  /** Call this before publishing so many bytes. */
  publishing(bytes: number): void {
    if (this.#published > this.#options.backpressureBytesMax / 4) this.#sweep()
    this.#published += bytes
  }

  /** The bytes that wait for connections that `relieve` would close. */
  get waitingBytes(): number {
    return sumBytes(this.#waiting())
  }

  /** Closes the connections for which the most bytes wait, until half of all waiting bytes are freed. */
  relieve(): void {
    const waiting = this.#waiting().sort((one, other) => other.bytes - one.bytes)
    let left = sumBytes(waiting) / 2
    for (const { connection, bytes } of waiting) {
      if (left <= 0) return
      left -= bytes
      closeAsSlow(connection, 'memory', this.#options.lag)
    }
  }

  #waiting(): Waiting[] {
    return Array.from(this.#connections.values(), (connection) => ({
      connection,
      bytes: connection.waitingBytes,
    })).filter(({ bytes }) => bytes >= WORTH_CLOSING_BYTES)
  }

  #sweep(): void {
    this.#published = 0
    const nowMs = this.#options.clock.nowMs()
    // The process had been stopped, so what clients sent in that time was not read yet.
    const wasStopped = nowMs - this.#sweptAtMs > STOPPED_MS
    this.#sweptAtMs = nowMs
    if (wasStopped) for (const connection of this.#connections.values()) connection.wasHeard = true
    sweep(this.#connections.values(), this.#options)
  }
}

/**
 * Closes connections that read too slowly, are silent, or whose token or key is no longer valid. Frees what idle connections do
 * not need.
 */
function sweep(connections: Iterable<Connection>, options: SweepOptions): void {
  const nowMs = options.clock.nowMs()
  for (const connection of connections) {
    const slow = findSlowness(connection, nowMs, options)
    if (slow) {
      closeAsSlow(connection, slow, options.lag)
    } else if (nowMs > connection.expiresAtNowMs + options.expiryGraceMs) {
      connection.close(CLOSE.tokenExpired, 'the token has expired')
    } else if (isSilent(connection, nowMs, options)) {
      connection.close(CLOSE.noPong, 'no whole frame came, and no pong')
    } else if (isKeyGone(connection, nowMs, options)) {
      connection.close(CLOSE.tokenInvalid, 'the key of the token was taken back')
    } else if (!connection.lag && connection.socket.bufferedBytes() > lagBytesOf(connection, options)) {
      connection.lag = new Lag(connection, options.lag)
    }
    connection.rest(nowMs)
  }
  options.shares.forgetAtRest(nowMs)
}

/**
 * Whether a client has sent no whole frame and no pong for too long. Pings the client before. uWebSockets.js would end a silent
 * client without a close code, and takes each byte for a sign of life. A client that sends a frame byte by byte and never ends it
 * cannot answer a ping in the middle of it, and is found by that.
 */
function isSilent(connection: Connection, nowMs: number, { pings }: SweepOptions): boolean {
  if (connection.wasHeard || connection.heardAtMs === 0) {
    connection.wasHeard = false
    connection.wasAsked = false
    connection.heardAtMs = nowMs
  }
  const silentMs = nowMs - connection.heardAtMs
  if (silentMs >= pings.pingIntervalMs && !connection.wasAsked) {
    connection.wasAsked = true
    connection.socket.ping()
  }
  return silentMs >= pings.pingIntervalMs + pings.pingTimeoutMs && connection.socket.transport === 'websocket'
}

/**
 * Whether the key is gone, and the time to send a token of another key is over. That time is the same as after a token has
 * expired.
 */
function isKeyGone({ keyGoneSinceMs }: Connection, nowMs: number, { expiryGraceMs }: SweepOptions): boolean {
  return keyGoneSinceMs > 0 && nowMs > keyGoneSinceMs + expiryGraceMs
}

function findSlowness(
  connection: Connection,
  nowMs: number,
  { backpressureBytesMax, stallMs }: SweepOptions,
): SlowCause | undefined {
  const { waitingBytes } = connection
  if (waitingBytes === 0) {
    connection.stalledSinceMs = 0
    return undefined
  }
  if (connection.stalledSinceMs === 0) connection.stalledSinceMs = nowMs
  if (waitingBytes > backpressureBytesMax) return 'bytes'
  return nowMs - connection.stalledSinceMs > stallMs && !isBehindInPatchesOnly(connection) ? 'stalled' : undefined
}

/**
 * Nobody is closed for patches alone. They are held back at a small bound, and when the client has read, one patch replaces all
 * that it missed.
 */
function isBehindInPatchesOnly({ watching, lag }: Connection): boolean {
  return watching !== undefined && (lag === undefined || lag.bytes === 0)
}

function lagBytesOf({ watching }: Connection, { lagBytes }: SweepOptions): number {
  return watching === undefined ? lagBytes : Math.min(lagBytes, PATCH_LAG_BYTES)
}

function sumBytes(waiting: readonly Waiting[]): number {
  return waiting.reduce((sum, { bytes }) => sum + bytes, 0)
}
