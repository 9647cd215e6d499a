import * as CLOSE from '../protocol/close-code.ts'
import { mayReconnect } from '../protocol/close-codes.ts'
import type { Ended } from './connection.ts'
import { DrumbeatError } from './errors.ts'

export interface Lost extends Ended {
  /** The error that the server answered by HTTP, or the reason why there is no token. */
  readonly cause?: DrumbeatError | undefined
}

/**
 * Returns why trying again is pointless, or undefined if it is not.
 * @param canRenewToken whether there is a token callback that has not been asked for a fresh token yet
 */
export function finalError(lost: Lost, isLastAttempt: boolean, canRenewToken: boolean): DrumbeatError | undefined {
  const { code, reason, cause } = lost
  if (isTokenRefused(lost)) {
    if (!canRenewToken) return cause ?? tokenExpired()
  } else if (cause?.retryable === false) return cause
  if (!mayReconnect(code)) {
    const details = { close_code: code, reason }
    if (code === CLOSE.tokenInvalid) return new DrumbeatError('TOKEN_INVALID', 'the server refused the token', details)
    return new DrumbeatError('CLOSED', `closed by the server with ${code} ${reason}`.trimEnd(), details)
  }
  if (!isLastAttempt) return undefined
  return new DrumbeatError('UNAVAILABLE', `no connection: ${reason || `closed with ${code}`}`, {}, { cause })
}

/** Whether the token of this connection cannot be used for the next one. */
export function isTokenRefused({ code, cause }: Lost): boolean {
  const refused = ['AUTH_REQUIRED', 'TOKEN_INVALID', 'TOKEN_EXPIRED']
  return code === CLOSE.tokenExpired || refused.includes(cause?.code ?? '')
}

export function tokenExpired(): DrumbeatError {
  return new DrumbeatError('TOKEN_EXPIRED', 'the token has expired')
}
