import { CLOSE, mayReconnect } from '../protocol/close-codes.ts'
import type { Ended } from './connection.ts'
import { DrumbeatError } from './errors.ts'

export interface Lost extends Ended {
  /** What the server says by HTTP, or what the token callback threw. */
  readonly cause?: unknown
}

export interface Prospects {
  /** Attempts in a row that came to nothing. */
  readonly failures: number
  readonly failuresMax: number
  /** There is a callback, and it was not asked for a fresh token yet. */
  readonly canRenewToken: boolean
}

/** Why there is no point in trying again; undefined where there is one. */
export function finalError(lost: Lost, prospects: Prospects): DrumbeatError | undefined {
  const refusal = refusalOf(lost)
  if (isTokenRefused(lost) && !prospects.canRenewToken) {
    return refusal ?? new DrumbeatError('TOKEN_EXPIRED', 'the token has expired')
  }
  if (refusal !== undefined && !refusal.retryable && !isTokenRefused(lost)) return refusal
  if (!mayReconnect(lost.code)) return closedByServer(lost)
  if (prospects.failures < prospects.failuresMax) return undefined
  const message = `no connection: ${lost.reason || `closed with ${lost.code}`}`
  return new DrumbeatError('UNAVAILABLE', message, {}, { cause: lost.cause })
}

/** The token of this connection will not do for the next one. */
export function isTokenRefused(lost: Lost): boolean {
  if (lost.code === CLOSE.tokenExpired) return true
  const code = refusalOf(lost)?.code
  return code === 'AUTH_REQUIRED' || code === 'TOKEN_INVALID' || code === 'TOKEN_EXPIRED'
}

/** What the server, or the token callback, has said. */
export function refusalOf(lost: Lost): DrumbeatError | undefined {
  return lost.cause instanceof DrumbeatError ? lost.cause : undefined
}

function closedByServer({ code, reason }: Ended): DrumbeatError {
  const details = { close_code: code, reason }
  if (code === CLOSE.tokenInvalid) return new DrumbeatError('TOKEN_INVALID', 'the server refused the token', details)
  return new DrumbeatError('CLOSED', `closed by the server with ${code} ${reason}`.trimEnd(), details)
}
