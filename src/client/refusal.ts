import { isErrorCode, type ErrorBody } from '../protocol/errors.ts'
import { DrumbeatError, errorFromBody } from './errors.ts'
import { after } from './timing.ts'

const ANSWER_TIMEOUT_MS = 5_000

/** Statuses that the same request gets again, whoever gave them: a server, or a proxy before it. */
const FINAL: Readonly<Record<number, string>> = {
  400: 'it is malformed, or too large for a proxy',
  414: 'its URL is too long',
  431: 'its head (token, cookies, URL) is too large',
}

/**
 * A WebSocket does not tell why the server refused the handshake. The same URL without Upgrade does (PROTOCOL section
 * 1): the refusal, or undefined where there is none, or no server.
 */
export async function askWhyRefused(
  url: string,
  token: string | undefined,
  signal: AbortSignal,
): Promise<DrumbeatError | undefined> {
  // Not AbortSignal.any: Node keeps what it makes for as long as the signals live, and this one lives as long as the client.
  const asking = new AbortController()
  const stop = () => asking.abort()
  const cancel = after(ANSWER_TIMEOUT_MS, stop)
  signal.addEventListener('abort', stop)
  try {
    const response = await fetch(url.replace(/^ws/, 'http'), {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      signal: asking.signal,
    })
    // 426 is the answer where an upgrade would be fine.
    if (response.status === 426) return undefined
    const error = await readError(response)
    if (error) return withRetryAfter(errorFromBody(error), response.headers.get('retry-after'))
    const why = FINAL[response.status]
    if (why === undefined) return undefined
    const message = `the handshake was refused with ${response.status}: ${why}`
    return new DrumbeatError('BAD_REQUEST', message, { status: response.status })
  } catch {
    return undefined // no server, or one of another kind: the backoff goes on
  } finally {
    cancel()
    signal.removeEventListener('abort', stop)
  }
}

/** Returns undefined for a body of something else than Drumbeat, such as a proxy's page. */
async function readError(response: Response): Promise<ErrorBody | undefined> {
  try {
    const body = (await response.json()) as { error?: ErrorBody } | null
    return isErrorCode(body?.error?.code) ? body.error : undefined
  } catch {
    return undefined
  }
}

function withRetryAfter(error: DrumbeatError, seconds: string | null): DrumbeatError {
  if (seconds === null || error.retryAfterMs !== undefined || !/^\d+$/.test(seconds)) return error
  return new DrumbeatError(error.code, error.message, { ...error.details, retry_after_ms: Number(seconds) * 1000 })
}
