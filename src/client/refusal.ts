import { isErrorCode, type ErrorBody } from '../protocol/errors.ts'
import { DrumbeatError, errorFromBody } from './errors.ts'

const ANSWER_TIMEOUT_MS = 5_000

/**
 * A WebSocket does not tell why the server refused the handshake. The same path without Upgrade does (PROTOCOL section
 * 1): the refusal, or undefined where there is none, or no server.
 */
export async function askWhyRefused(
  endpoint: string,
  token: string | undefined,
  signal: AbortSignal,
): Promise<DrumbeatError | undefined> {
  try {
    const response = await fetch(endpoint.replace(/^ws/, 'http'), {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]),
    })
    const body = (await response.json()) as { error?: ErrorBody } | null
    // 426 is the answer where an upgrade would be fine.
    if (response.status === 426 || !isErrorCode(body?.error?.code)) return undefined
    return withRetryAfter(errorFromBody(body.error), response.headers.get('retry-after'))
  } catch {
    return undefined // no server, or one of another kind: the backoff goes on
  }
}

function withRetryAfter(error: DrumbeatError, seconds: string | null): DrumbeatError {
  if (seconds === null || error.retryAfterMs !== undefined || !/^\d+$/.test(seconds)) return error
  return new DrumbeatError(error.code, error.message, { ...error.details, retry_after_ms: Number(seconds) * 1000 })
}
