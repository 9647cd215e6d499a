import { isErrorCode } from '../protocol/error-codes.ts'
import type { ErrorBody } from '../protocol/errors.ts'
import { DrumbeatError, errorFromBody } from './errors.ts'
import { REFUSAL_ANSWER_MS } from './limits.ts'
import { sleep } from './timing.ts'

/** HTTP statuses that the same request will always get, from a server or from a proxy in front of it. */
const FINAL: Readonly<Record<number, string>> = {
  400: 'it is malformed, or too large for a proxy',
  414: 'its URL is too long',
  431: 'its head (token, cookies, URL) is too large',
}

/**
 * A WebSocket does not tell why the server refused the handshake. A GET of the same URL without Upgrade does (section 1 of
 * docs/reference/protocol.md). Returns the refusal, or undefined if there is none or no server answers.
 */
export async function askWhyRefused(
  url: string,
  token: string | undefined,
  signal: AbortSignal,
): Promise<DrumbeatError | undefined> {
  // Not AbortSignal.any: Node keeps what that creates for as long as its sources live, and this source lives as long as the
  // client.
  const asking = new AbortController()
  void sleep(REFUSAL_ANSWER_MS, [signal, asking.signal]).then(() => asking.abort())
  try {
    const response = await fetch(url.replace(/^ws/, 'http'), {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      signal: asking.signal,
    })
    const { status } = response
    // 426 means that the server would accept an upgrade.
    if (status === 426) return undefined
    const body = (await response.json().catch(() => undefined)) as { readonly error?: ErrorBody } | null | undefined
    const error = body?.error
    // Otherwise the body is not from Drumbeat but, for example, a page of a proxy.
    if (isErrorCode(error?.code)) return errorFromBody(error, retryAfterOf(response))
    const why = FINAL[status]
    return why === undefined
      ? undefined
      : new DrumbeatError('BAD_REQUEST', `the handshake was refused with ${status}: ${why}`, { status })
  } catch {
    return undefined // no server, or one of another kind: keep trying with the usual delays
  } finally {
    asking.abort()
  }
}

function retryAfterOf({ headers }: Response): object {
  const seconds = headers.get('retry-after') ?? ''
  return /^\d+$/.test(seconds) ? { retry_after_ms: Number(seconds) * 1000 } : {}
}
