/** A client is pinged after this share of the silence after which it counts as gone. */
const PING_SHARE = 2 / 3

export interface PingTimes {
  readonly pingIntervalMs: number
  readonly pingTimeoutMs: number
}

/**
 * When a silent client is pinged, and for how long it may take to answer. The sum is the silence after which a client counts as
 * gone. They are integers, because Engine.IO's handshake has them, and clients in Go, C# and Rust insist on it.
 */
export function pingTimes(silenceMs: number): PingTimes {
  const pingIntervalMs = Math.round(silenceMs * PING_SHARE)
  return { pingIntervalMs, pingTimeoutMs: silenceMs - pingIntervalMs }
}
