/** Of the silence after which a client counts as gone: when it is asked whether it is there. */
const PING_SHARE = 2 / 3

export interface PingTimes {
  readonly pingIntervalMs: number
  readonly pingTimeoutMs: number
}

/** What Engine.IO's handshake says: together the silence after which a client counts as gone. Integers, as clients of Go, C# and Rust insist. */
export function pingTimes(silenceMs: number): PingTimes {
  const pingIntervalMs = Math.round(silenceMs * PING_SHARE)
  return { pingIntervalMs, pingTimeoutMs: silenceMs - pingIntervalMs }
}
