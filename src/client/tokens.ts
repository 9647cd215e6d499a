import { tokenExpired } from './ending.ts'
import { DrumbeatError } from './errors.ts'
import { REFRESH_LEAD_MS_MAX, REFRESH_LEAD_SHARE, REFRESH_PAUSE_MS_MIN, SHOWN_MAX } from './limits.ts'
import type { TokenReason, TokenSource } from './options.ts'
import { between, nowMs, sleep } from './timing.ts'

type TokenCallback = Exclude<TokenSource, string>

/** Three parts of base64url, of which the last may be empty. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/

/** Where tokens come from, and which one is in use. */
export class Tokens {
  /** The last one that was asked for. */
  last: string | undefined
  #source: TokenSource | undefined
  #reason: TokenReason = 'connect'
  #refusal: DrumbeatError | undefined
  #repeated = false

  constructor(source: TokenSource | undefined) {
    this.#source = source
  }

  /** There is a callback, and it was not asked for a fresh one yet. */
  get canRenew(): boolean {
    return this.isCallback && this.#reason === 'connect'
  }

  get isCallback(): boolean {
    return typeof this.#source === 'function'
  }

  /** If the callback gave the refused token again, why it was refused: there is no point in showing it. */
  get refusedAgain(): DrumbeatError | undefined {
    if (!this.#repeated) return undefined
    const { code, message, details } = this.#refusal ?? tokenExpired()
    return new DrumbeatError(code, `${message} (the token callback gave the same one again)`, details)
  }

  /**
   * For a handshake. Rejects with what the callback throws, and with UNAVAILABLE if it gives something else than a token: a page of a
   * proxy, an error in JSON, nothing. A string that is no token rejects with TOKEN_INVALID, as it stays one.
   */
  async ask(reason: TokenReason = this.#reason): Promise<string | undefined> {
    const source = this.#source
    const token = typeof source === 'function' ? toToken(await answerOf(source, reason), true) : toToken(source, false)
    this.#repeated = reason === 'expired' && token !== undefined && token === this.last
    this.last = token
    return token
  }

  accepted(): void {
    this.#reason = 'connect'
  }

  /** With what the server has said, if it has said more than close code 4002. */
  refused(refusal?: DrumbeatError): void {
    this.#reason = 'expired'
    this.#refusal = refusal
  }

  /** For a refresh. One that is given is also the one for the next connection, unless there is a callback to ask. */
  async renew(token?: string): Promise<string> {
    const renewed = toToken(token, false) ?? (await this.ask('expired'))
    if (renewed === undefined) throw new DrumbeatError('AUTH_REQUIRED', 'no token to refresh with')
    if (!this.isCallback) this.#source = renewed
    return renewed
  }
}

/** What it throws names the callback; a DrumbeatError of its own stays. */
async function answerOf(callback: TokenCallback, reason: TokenReason): Promise<unknown> {
  try {
    return await callback(reason)
  } catch (cause) {
    if (cause instanceof DrumbeatError) throw cause
    const message = `the token callback failed: ${cause instanceof Error ? cause.message : String(cause)}`
    throw new DrumbeatError('UNAVAILABLE', message, {}, { cause })
  }
}

/**
 * Without the white space around it, such as the line break at a file's end; undefined if the client comes as a guest. Throws TOKEN_INVALID for what is no
 * JWT, or UNAVAILABLE if it is from a callback, whose next answer may be right.
 */
function toToken(answer: unknown, isFromCallback: boolean): string | undefined {
  if (answer === undefined) return undefined
  const text = typeof answer === 'string' ? answer.trim() : ''
  if (JWT.test(text)) return text
  if (!isFromCallback)
    throw new DrumbeatError('TOKEN_INVALID', 'the token is no JWT: not three parts of base64url with dots between them')
  const shown = typeof answer === 'string' ? JSON.stringify(text.slice(0, SHOWN_MAX)) : typeof answer
  throw new DrumbeatError('UNAVAILABLE', `the token callback gave no token, but what begins with ${shown}`)
}

/** `exp` of a JWT in Unix milliseconds; undefined where this is none that can be read. */
export function expiryMs(token: string | undefined): number | undefined {
  try {
    const claims: unknown = JSON.parse(atob((token?.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')))
    const { exp } = claims as { exp?: unknown }
    return typeof exp === 'number' ? exp * 1000 : undefined
  } catch {
    return undefined // not a JWT: the server says when it is over, with 4002
  }
}

/**
 * Has the token refreshed before it expires, until the signal aborts. What fails is tried again for as long as there is time. Times are Unix milliseconds, by
 * the server's clock, as is what `refresh` resolves with: the new expiry.
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
    // Tokens that were made together are not refreshed together.
    const leadMs = Math.min(REFRESH_LEAD_MS_MAX, leftMs * REFRESH_LEAD_SHARE) * between(0.5, 1)
    await sleep(Math.max(REFRESH_PAUSE_MS_MIN, leftMs - leadMs), [signal])
    if (!signal.aborted) endMs = await refresh().catch(() => endMs)
  }
}
