import { DrumbeatError } from './errors.ts'
import type { TokenReason, TokenSource } from './options.ts'
import { after, between, nowMs } from './timing.ts'

/** Three parts of base64url, of which the last may be empty. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/
const SHOWN_MAX = 20

/** Where tokens come from, and which one is in use. */
export class Tokens {
  #source: TokenSource | undefined
  #reason: TokenReason = 'connect'
  #last: string | undefined
  #refusal: DrumbeatError | undefined
  #repeated = false

  constructor(source: TokenSource | undefined) {
    this.#source = source
  }

  /** The last one that was asked for. */
  get last(): string | undefined {
    return this.#last
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
    const { code, message, details } = this.#refusal ?? new DrumbeatError('TOKEN_EXPIRED', 'the token has expired')
    return new DrumbeatError(code, `${message} (the token callback gave the same one again)`, details)
  }

  /**
   * For a handshake. Rejects with what the callback throws, and with UNAVAILABLE if it gives something else than a token: a page of a
   * proxy, an error in JSON, nothing. A string that is no token rejects with TOKEN_INVALID, as it stays one.
   */
  async ask(reason: TokenReason = this.#reason): Promise<string | undefined> {
    const token = typeof this.#source === 'function' ? fromCallback(await this.#source(reason)) : given(this.#source)
    this.#repeated = reason === 'expired' && token !== undefined && token === this.#last
    this.#last = token
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
    const renewed = given(token) ?? (await this.ask('expired'))
    if (renewed === undefined) throw new DrumbeatError('AUTH_REQUIRED', 'no token to refresh with')
    if (!this.isCallback) this.#source = renewed
    return renewed
  }
}

/** Without the white space around it, such as the line break at a file's end. Throws TOKEN_INVALID for what is no JWT. */
function given(token: string | undefined): string | undefined {
  if (token === undefined) return undefined
  const trimmed = token.trim()
  if (JWT.test(trimmed)) return trimmed
  throw new DrumbeatError('TOKEN_INVALID', 'the token is no JWT: not three parts of base64url with dots between them')
}

/** The same for what a token endpoint gave, which may be right the next time. Returns undefined if the client comes as a guest. */
function fromCallback(answer: unknown): string | undefined {
  if (answer === undefined) return undefined
  const trimmed = typeof answer === 'string' ? answer.trim() : ''
  if (JWT.test(trimmed)) return trimmed
  const shown = typeof answer === 'string' ? JSON.stringify(trimmed.slice(0, SHOWN_MAX)) : typeof answer
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

const LEAD_MS_MAX = 60_000
const LEAD_SHARE = 0.2
const PAUSE_MS_MIN = 1_000

/** Has the token refreshed before it expires. What fails is tried again for as long as there is time. */
export class Refresher {
  /** Resolves with the new expiry by the server's clock, Unix milliseconds. */
  readonly #refresh: () => Promise<number>
  #cancel = () => {}
  /** What comes of an earlier start does not count. */
  #round = 0
  /** Of the server's clock over ours. */
  #aheadMs = 0

  constructor(refresh: () => Promise<number>) {
    this.#refresh = refresh
  }

  start(expiresAtMs: number | undefined, serverTimeMs: number): void {
    this.stop()
    this.#aheadMs = serverTimeMs - nowMs()
    this.#schedule(expiresAtMs, this.#round)
  }

  stop(): void {
    this.#round++
    this.#cancel()
  }

  #schedule(expiresAtMs: number | undefined, round: number): void {
    if (round !== this.#round) return
    const leftMs = (expiresAtMs ?? 0) - nowMs() - this.#aheadMs
    if (leftMs <= 0) return
    // Tokens that were made together are not refreshed together.
    const leadMs = Math.min(LEAD_MS_MAX, leftMs * LEAD_SHARE) * between(0.5, 1)
    this.#cancel = after(Math.max(PAUSE_MS_MIN, leftMs - leadMs), () => {
      this.#refresh().then(
        (renewedMs) => this.#schedule(renewedMs, round),
        () => this.#schedule(expiresAtMs, round),
      )
    })
  }
}
