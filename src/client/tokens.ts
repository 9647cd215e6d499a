import { tokenExpired } from './ending.ts'
import { DrumbeatError } from './errors.ts'
import { REFRESH_LEAD_MS_MAX, REFRESH_LEAD_SHARE, REFRESH_PAUSE_MS_MIN, SHOWN_MAX } from './limits.ts'
import type { TokenReason, TokenSource } from './options.ts'
import { between, nowMs, sleep } from './timing.ts'

type TokenCallback = Exclude<TokenSource, string>

/** Three parts of base64url. The last one may be empty. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/

/** Where tokens come from, and which one is in use. */
export class Tokens {
  /** The last token that was asked for. */
  last: string | undefined
  #source: TokenSource | undefined
  #reason: TokenReason = 'connect'
  #refusal: DrumbeatError | undefined
  #repeated = false
  #wasAccepted = false

  constructor(source: TokenSource | undefined) {
    this.#source = source
  }

  /** Whether there is a callback that has not been asked for a fresh token yet. */
  get canRenew(): boolean {
    return this.isCallback && this.#reason === 'connect'
  }

  get isCallback(): boolean {
    return typeof this.#source === 'function'
  }

  /** If the callback returned the refused token again, the error of that refusal. The token is not worth sending again. */
  get refusedAgain(): DrumbeatError | undefined {
    if (!this.#repeated) return undefined
    const { code, message, details } = this.#refusal ?? tokenExpired()
    return new DrumbeatError(code, `${message} (the token callback gave the same one again)`, details)
  }

  /**
   * Returns a token for a handshake. Rejects with what the callback throws, and with UNAVAILABLE if the callback returns
   * something other than a token: a page of a proxy, an error in JSON, nothing. If `token` is a string and not a JWT, rejects
   * with TOKEN_INVALID, because it will never be one. Before the first session an empty token rejects with AUTH_REQUIRED: then most
   * likely a variable of the environment is not set.
   */
  async ask(reason: TokenReason = this.#reason): Promise<string | undefined> {
    const source = this.#source
    const answer = typeof source === 'function' ? await answerOf(source, reason) : source
    if (!this.#wasAccepted && isEmpty(answer)) throw new DrumbeatError('AUTH_REQUIRED', 'the token is empty')
    const token = toToken(answer, this.isCallback)
    this.#repeated = reason === 'expired' && token !== undefined && token === this.last
    this.last = token
    return token
  }

  accepted(): void {
    this.#wasAccepted = true
    this.#reason = 'connect'
  }

  /** @param refusal what the server said, if it said more than close code 4002 */
  refused(refusal?: DrumbeatError): void {
    this.#reason = 'expired'
    this.#refusal = refusal
  }

  /** Returns a token for a refresh. Without a callback, a given token is also used for the next connection. */
  async renew(token?: string): Promise<string> {
    const renewed = toToken(token, false) ?? (await this.ask('expired'))
    if (renewed === undefined) throw new DrumbeatError('AUTH_REQUIRED', 'no token to refresh with')
    if (!this.isCallback) this.#source = renewed
    return renewed
  }
}

/** An error of the callback gets a message that names the callback. A DrumbeatError passes unchanged. */
async function answerOf(callback: TokenCallback, reason: TokenReason): Promise<unknown> {
  try {
    return await callback(reason)
  } catch (cause) {
    if (cause instanceof DrumbeatError) throw cause
    const message = `the token callback failed: ${cause instanceof Error ? cause.message : String(cause)}`
    throw new DrumbeatError('UNAVAILABLE', message, {}, { cause })
  }
}

function isEmpty(answer: unknown): boolean {
  return answer === null || (typeof answer === 'string' && answer.trim() === '')
}

/**
 * Removes white space around a token, such as the line break at the end of a file. Returns undefined if the client comes as a
 * guest. Throws TOKEN_INVALID if it is not a JWT. If it came from a callback, throws UNAVAILABLE, because the callback's next
 * answer may be right.
 */
function toToken(answer: unknown, isFromCallback: boolean): string | undefined {
  if (answer === undefined) return undefined
  const text = typeof answer === 'string' ? answer.trim() : ''
  if (JWT.test(text)) return text
  if (!isFromCallback) throw new DrumbeatError('TOKEN_INVALID', 'the token is no JWT')
  const shown = typeof answer === 'string' ? JSON.stringify(text.slice(0, SHOWN_MAX)) : typeof answer
  throw new DrumbeatError('UNAVAILABLE', `the token callback gave no token, but ${shown}`)
}

/** The `exp` of a JWT in Unix milliseconds. Undefined if it has none that can be read. */
export function expiryMs(token: string | undefined): number | undefined {
  try {
    const claims: unknown = JSON.parse(atob((token?.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')))
    const { exp } = claims as { exp?: unknown }
    return typeof exp === 'number' ? exp * 1000 : undefined
  } catch {
    return undefined // not a JWT: the server closes with 4002 when it expires
  }
}

/**
 * Refreshes the token before it expires, again and again, until the signal aborts. A failed refresh is tried again for as long as
 * there is time. Times are Unix milliseconds by the server's clock; `refresh` resolves with the new expiry.
 */
export async function keepFresh(
  expiresAtMs: number | undefined,
  serverTimeMs: number,
  refresh: () => Promise<number>,
  signal: AbortSignal,
): Promise<void> {
  const aheadMs = serverTimeMs - nowMs()
  let endMs = expiresAtMs ?? 0
  while (!signal.aborted) {
    const leftMs = endMs - nowMs() - aheadMs
    if (leftMs <= 0) return
    // A random factor, so that tokens that were made together are not refreshed together.
    const leadMs = Math.min(REFRESH_LEAD_MS_MAX, leftMs * REFRESH_LEAD_SHARE) * between(0.5, 1)
    await sleep(Math.max(REFRESH_PAUSE_MS_MIN, leftMs - leadMs), [signal])
    if (!signal.aborted) endMs = await refresh().catch(() => endMs)
  }
}
