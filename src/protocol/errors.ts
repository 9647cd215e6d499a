import { isErrorCode, isRetryable, type ErrorCode } from './error-codes.ts'

export { isErrorCode, type ErrorCode } from './error-codes.ts'

/** The HTTP status of each code, in the order of section 5 of docs/reference/protocol.md. */
export const STATUS: Readonly<Record<ErrorCode, number>> = {
  BAD_REQUEST: 400,
  UNKNOWN_EVENT: 400,
  PAYLOAD_TOO_LARGE: 413,
  AUTH_REQUIRED: 401,
  TOKEN_INVALID: 401,
  TOKEN_EXPIRED: 401,
  FORBIDDEN: 403,
  ORIGIN_FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  CONFLICT: 409,
  ROOM_NOT_FOUND: 404,
  ROOM_FULL: 409,
  NOT_IN_ROOM: 409,
  ROOM_LIMIT: 409,
  GAME_NOT_FOUND: 404,
  ROOM_LOCKED: 409,
  ROOM_OVER: 409,
  GAME_FAILED: 500,
  REFUSED: 409,
  MOVED: 409,
  USER_OFFLINE: 409,
  GOOD_NOT_FOUND: 404,
  GOOD_NOT_ON_SALE: 409,
  PRICE_CHANGED: 409,
  OUT_OF_STOCK: 409,
  PURCHASE_LIMIT: 409,
  INSUFFICIENT_FUNDS: 409,
  IDEMPOTENCY_CONFLICT: 409,
  RATE_LIMITED: 429,
  OVERLOADED: 503,
  DRAINING: 503,
  UNAVAILABLE: 503,
  OUTCOME_UNKNOWN: 504,
  INTERNAL: 500,
}

export type ErrorDetails = Readonly<Record<string, unknown>>

/** The `error` field of a reply or an HTTP body. */
export interface ErrorBody {
  readonly code: ErrorCode
  readonly message: string
  readonly retryable: boolean
  readonly details?: ErrorDetails
}

/** The server says no, with a code that programs may rely on. Nothing was done, unless the code is OUTCOME_UNKNOWN. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: ErrorCode
  readonly details: ErrorDetails | undefined

  constructor(code: ErrorCode, message: string, details?: ErrorDetails) {
    super(message)
    this.code = code
    this.details = details
  }

  get status(): number {
    return STATUS[this.code]
  }

  toBody(): ErrorBody {
    const body = { code: this.code, message: this.message, retryable: isRetryable(this.code) }
    return this.details === undefined ? body : { ...body, details: this.details }
  }
}

/** Makes a refusal of an error body. A code that is not known here becomes INTERNAL. */
export function refusalOf({ code, message, details }: ErrorBody): Refusal {
  return new Refusal(isErrorCode(code) ? code : 'INTERNAL', message, details)
}

/** A BAD_REQUEST that names the field: `path` is written like `payload.message[3].x`. */
export function badRequest(path: string, message: string): Refusal {
  return new Refusal('BAD_REQUEST', path === '' ? message : `${path}: ${message}`, { path })
}
