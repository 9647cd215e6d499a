import { isErrorCode, type ErrorBody } from '../protocol/errors.ts'
import { DrumbeatError, errorFromBody } from './errors.ts'
import { after } from './timing.ts'

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
  // Not AbortSignal.any: Node keeps what it makes for as long as the signals live, and this one lives as long as the client.
  const asking = new AbortController()
  const stop = () => asking.abort()
  const cancel = after(ANSWER_TIMEOUT_MS, stop)
  signal.addEventListener('abort', stop)
  try {
    const response = await fetch(endpoint.replace(/^ws/, 'http'), {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      signal: asking.signal,
    })
    const body = (await response.json()) as { error?: ErrorBody } | null
    // 426 is the answer where an upgrade would be fine.
    if (response.status === 426 || !isErrorCode(body?.error?.code)) return undefined
    return withRetryAfter(errorFromBody(body.error), response.headers.get('retry-after'))
  } catch {
    return undefined // no server, or one of another kind: the backoff goes on
  } finally {
    cancel()
    signal.removeEventListener('abort', stop)
  }
}

function withRetryAfter(error: DrumbeatError, seconds: string | null): DrumbeatError {
  if (seconds === null || error.retryAfterMs !== undefined || !/^\d+$/.test(seconds)) return error
  return new DrumbeatError(error.code, error.message, { ...error.details, retry_after_ms: Number(seconds) * 1000 })
}
