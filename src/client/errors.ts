import { isErrorCode, isRetryable, type ErrorCode } from '../protocol/error-codes.ts'
import type { ErrorBody, ErrorDetails } from '../protocol/errors.ts'
import { RETRY_AFTER_MS_MAX } from './limits.ts'

/**
 * A code of the protocol, or one of the client's own. CLOSED: the client was closed, by its owner or for good by the server.
 * SLOW_CONSUMER: more events were waiting in an iterator of `events` than it may hold.
 */
export type DrumbeatErrorCode = ErrorCode | 'CLOSED' | 'SLOW_CONSUMER'

/**
 * Why a request or the connection failed. Nothing was done on the server, unless the code is OUTCOME_UNKNOWN: then the request
 * was sent and its answer never came.
 */
export class DrumbeatError extends Error {
  override readonly name = 'DrumbeatError'
  readonly code: DrumbeatErrorCode
  /** Whether the same request may succeed later. */
  readonly retryable: boolean
  readonly details: ErrorDetails

  constructor(code: DrumbeatErrorCode, message: string, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.retryable = isRetryable(code)
    this.details = details
  }

  /** In milliseconds. Undefined if the server gave no time. */
  get retryAfterMs(): number | undefined {
    return readRetryAfterMs(this.details)
  }
}

/**
 * A code that this version does not know, because the server is newer, becomes INTERNAL. `details.code` keeps its name.
 * @param more details that the body may lack
 */
export function errorFromBody({ code, message, details }: ErrorBody, more?: object): DrumbeatError {
  const all = { ...more, ...details }
  return isErrorCode(code)
    ? new DrumbeatError(code, message, all)
    : new DrumbeatError('INTERNAL', message, { ...all, code })
}

/** Reads `retry_after_ms` from the details of an error, the reason of a close, or the payload of `core.game.session.draining`. */
export function readRetryAfterMs(value: unknown): number | undefined {
  const delayMs = (value as { readonly retry_after_ms?: unknown } | null | undefined)?.retry_after_ms
  return typeof delayMs === 'number' && delayMs >= 0 ? Math.min(delayMs, RETRY_AFTER_MS_MAX) : undefined
}
