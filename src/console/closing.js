/** Why connections end, in words, and when to come back (PROTOCOL "Errors"). Pure but for the chance in `backoffMs`. */

/** @type {Readonly<Record<number, string>>} */
const MEANING = {
  1000: 'closed normally',
  1001: 'the server is going away',
  1003: 'wrong kind of frame for this encoding',
  1006: 'the connection was lost without a goodbye',
  1009: 'a frame was too large',
  4000: 'the server is draining',
  4001: 'this client read too slowly',
  4002: 'the token has expired: connect with a fresh one to go on where you were',
  4003: 'no pong in time',
  4004: 'too many messages',
  4005: 'a gap in the events',
  4006: 'the node lost its place in the cluster',
  4500: 'repeated bad requests',
  4501: 'the token is invalid or was revoked',
  4502: 'kicked',
  4503: 'replaced by a newer session',
  4504: 'too many connections',
}

export const TOKEN_EXPIRED = 4002
export const NO_PONG = 4003
export const GAP = 4005

const BACKOFF_BASE_MS = 500
const BACKOFF_MAX_MS = 30_000

/**
 * @param {number} code
 * @param {string} [reason] as the server gave it
 */
export function describeClose(code, reason = '') {
  const meaning = MEANING[code] ?? 'a code this console does not know'
  const given = reason === '' ? '' : ` (“${reason}”)`
  return `Closed with ${code}: ${meaning}${given}.`
}

/**
 * 4500-4999 say: do not. Neither does it help to send the same wrong frame again, or the same expired token.
 * @param {number} code
 */
export function mayReconnect(code) {
  return !(code >= 4500 && code <= 4999) && code !== 1003 && code !== 1009 && code !== TOKEN_EXPIRED
}

/**
 * The wait a draining server asks for, from its close reason: JSON or `retry_after_ms=…`.
 * @param {string} reason
 * @returns {number | null} milliseconds
 */
export function retryAfterMs(reason) {
  const digits = /retry_after_ms\D{0,4}(\d{1,7})/.exec(reason)?.[1]
  return digits === undefined ? null : Math.min(Number(digits), BACKOFF_MAX_MS)
}

/**
 * Full jitter: anything up to a bound that doubles with each attempt, so that a herd does not come back in step.
 * @param {number} attempt 0 for the first
 */
export function backoffMs(attempt) {
  return Math.random() * Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** attempt)
}
