import { ERRORS, isErrorCode, type ErrorBody, type ErrorCode, type ErrorDetails } from '../protocol/errors.ts'

/**
 * A code of the protocol, or one of the client's own. CLOSED: the client was closed, by its owner or for good by the server.
 * SLOW_CONSUMER: more events came than an iterator of `events` may keep for who reads it.
 */
export type DrumbeatErrorCode = ErrorCode | 'CLOSED' | 'SLOW_CONSUMER'

/**
 * Why a request, or the connection, came to nothing. Nothing was done on the server, unless the code is
 * OUTCOME_UNKNOWN: then the request was sent and its answer never came.
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
    this.retryable = isErrorCode(code) && ERRORS[code].retryable
    this.details = details
  }

  /** In milliseconds, where the server named it. */
  get retryAfterMs(): number | undefined {
    return readRetryAfterMs(this.details)
  }
}

/** A code that this version does not know, from a newer server, becomes INTERNAL and keeps its name in the details. */
export function errorFromBody(body: ErrorBody): DrumbeatError {
  if (isErrorCode(body.code)) return new DrumbeatError(body.code, body.message, body.details)
  return new DrumbeatError('INTERNAL', body.message, { ...body.details, code: body.code })
}

/** `retry_after_ms` of an error's details, of a close reason, of `core.game.session.draining`. */
export function readRetryAfterMs(value: unknown): number | undefined {
  if (typeof value !== 'object' || value === null || !('retry_after_ms' in value)) return undefined
  const delayMs = value.retry_after_ms
  return typeof delayMs === 'number' && delayMs >= 0 ? Math.min(delayMs, RETRY_AFTER_MS_MAX) : undefined
}

/** No server sends its players away for longer than this. */
const RETRY_AFTER_MS_MAX = 600_000
