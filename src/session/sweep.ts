import type { Clock } from '../base/clock.ts'
import { CLOSE } from '../protocol/close-codes.ts'
import type { Connection } from './connection.ts'

export interface SweepOptions {
  readonly clock: Clock
  readonly backpressureBytesMax: number
  /** How long a client may take nothing while something waits for it. */
  readonly stallMs: number
  /** How long a connection may outlive its token: skew and grace together. */
  readonly expiryGraceMs: number
  readonly onSlow: () => void
}

/** Looks at every connection once, instead of a timer for each: slow readers and tokens that have run out. */
export function sweep(connections: Iterable<Connection>, options: SweepOptions): void {
  const nowMs = options.clock.nowMs()
  const wallMs = options.clock.wallMs()
  for (const connection of connections) {
    if (isSlow(connection, nowMs, options)) {
      options.onSlow()
      connection.close(CLOSE.slowConsumer, 'does not read fast enough: resume')
    } else if (connection.expiresAtMs !== null && wallMs > connection.expiresAtMs + options.expiryGraceMs) {
      connection.close(CLOSE.tokenExpired, 'the token has expired')
    }
  }
}

function isSlow(connection: Connection, nowMs: number, { backpressureBytesMax, stallMs }: SweepOptions): boolean {
  const waiting = connection.socket.bufferedBytes()
  if (waiting === 0) {
    connection.stalledSinceMs = 0
    return false
  }
  if (connection.stalledSinceMs === 0) connection.stalledSinceMs = nowMs
  return waiting > backpressureBytesMax || nowMs - connection.stalledSinceMs > stallMs
}
