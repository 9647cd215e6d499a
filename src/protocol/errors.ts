/** PROTOCOL section "Errors": the closed set of codes, what HTTP says for each, and whether asking again may help. */
export const ERRORS = {
  BAD_REQUEST: { status: 400, retryable: false },
  UNKNOWN_EVENT: { status: 400, retryable: false },
  PAYLOAD_TOO_LARGE: { status: 413, retryable: false },
  AUTH_REQUIRED: { status: 401, retryable: false },
  TOKEN_INVALID: { status: 401, retryable: false },
  TOKEN_EXPIRED: { status: 401, retryable: false },
  FORBIDDEN: { status: 403, retryable: false },
  ORIGIN_FORBIDDEN: { status: 403, retryable: false },
  NOT_FOUND: { status: 404, retryable: false },
  METHOD_NOT_ALLOWED: { status: 405, retryable: false },
  CONFLICT: { status: 409, retryable: false },
  ROOM_NOT_FOUND: { status: 404, retryable: false },
  ROOM_FULL: { status: 409, retryable: true },
  NOT_IN_ROOM: { status: 409, retryable: false },
  ROOM_LIMIT: { status: 409, retryable: false },
  GAME_NOT_FOUND: { status: 404, retryable: false },
  ROOM_LOCKED: { status: 409, retryable: true },
  ROOM_OVER: { status: 409, retryable: false },
  GAME_FAILED: { status: 500, retryable: false },
  REFUSED: { status: 409, retryable: false },
  MOVED: { status: 409, retryable: false },
  USER_OFFLINE: { status: 409, retryable: true },
  GOOD_NOT_FOUND: { status: 404, retryable: false },
  GOOD_NOT_ON_SALE: { status: 409, retryable: false },
  PRICE_CHANGED: { status: 409, retryable: false },
  OUT_OF_STOCK: { status: 409, retryable: false },
  PURCHASE_LIMIT: { status: 409, retryable: false },
  INSUFFICIENT_FUNDS: { status: 409, retryable: false },
  IDEMPOTENCY_CONFLICT: { status: 409, retryable: false },
  RATE_LIMITED: { status: 429, retryable: true },
  OVERLOADED: { status: 503, retryable: true },
  DRAINING: { status: 503, retryable: true },
  UNAVAILABLE: { status: 503, retryable: true },
  OUTCOME_UNKNOWN: { status: 504, retryable: true },
  INTERNAL: { status: 500, retryable: false },
} as const

export type ErrorCode = keyof typeof ERRORS
export type ErrorDetails = Readonly<Record<string, unknown>>

/** The `error` of a reply and of an HTTP body. */
export interface ErrorBody {
  readonly code: ErrorCode
  readonly message: string
  readonly retryable: boolean
  readonly details?: ErrorDetails
}

/** An expected no, with a code that programs may rely on. Nothing was done, unless the code is OUTCOME_UNKNOWN. */
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
    return ERRORS[this.code].status
  }

  toBody(): ErrorBody {
    const body = { code: this.code, message: this.message, retryable: ERRORS[this.code].retryable }
    return this.details === undefined ? body : { ...body, details: this.details }
  }
}

/** BAD_REQUEST at a place: `path` is written as in `payload.message[3].x`. */
export function badRequest(path: string, message: string): Refusal {
  return new Refusal('BAD_REQUEST', path === '' ? message : `${path}: ${message}`, { path })
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERRORS, value)
}
