/** Codes of refusals after which the same request may succeed later. See section 5 of docs/reference/protocol.md. */
export const RETRYABLE_CODES = [
  'ROOM_FULL',
  'ROOM_LOCKED',
  'USER_OFFLINE',
  'RATE_LIMITED',
  'OVERLOADED',
  'DRAINING',
  'UNAVAILABLE',
  'OUTCOME_UNKNOWN',
] as const

/** All other codes. No code is outside of these two lists. */
export const FINAL_CODES = [
  'BAD_REQUEST',
  'UNKNOWN_EVENT',
  'PAYLOAD_TOO_LARGE',
  'AUTH_REQUIRED',
  'TOKEN_INVALID',
  'TOKEN_EXPIRED',
  'FORBIDDEN',
  'ORIGIN_FORBIDDEN',
  'NOT_FOUND',
  'METHOD_NOT_ALLOWED',
  'CONFLICT',
  'ROOM_NOT_FOUND',
  'NOT_IN_ROOM',
  'ROOM_LIMIT',
  'GAME_NOT_FOUND',
  'ROOM_OVER',
  'GAME_FAILED',
  'REFUSED',
  'MOVED',
  'GOOD_NOT_FOUND',
  'GOOD_NOT_ON_SALE',
  'PRICE_CHANGED',
  'OUT_OF_STOCK',
  'PURCHASE_LIMIT',
  'INSUFFICIENT_FUNDS',
  'IDEMPOTENCY_CONFLICT',
  'INTERNAL',
] as const

export type ErrorCode = (typeof RETRYABLE_CODES)[number] | (typeof FINAL_CODES)[number]

export function isRetryable(code: string): boolean {
  return (RETRYABLE_CODES as readonly string[]).includes(code)
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return isRetryable(value as string) || (FINAL_CODES as readonly unknown[]).includes(value)
}
