import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { toError } from '../base/assert.ts'
import type { Clock } from '../base/clock.ts'
import { isObject } from '../protocol/envelope.ts'
import { type Algorithm, type KeySource, publicVerifyKey, type VerifyKey } from './verify-key.ts'

/** Keys by `kid`. A key without one is under ''. */
export type KeySet = ReadonlyMap<string, VerifyKey>

export interface Jwks {
  /** The last good set. Empty until there is one. */
  keys(): KeySet
  /**
   * Call this when a token names a key that is not in the set. Fetches the set again, but at most once in 30 s however often it
   * is called.
   */
  noteUnknownKid(): void
  /** Whether there has been a good set. */
  readonly ready: boolean
  /** Settles after the first attempt, whether it succeeded or not. */
  readonly firstAttempt: Promise<void>
  close(): void
}

export interface JwksOptions {
  /** A URL, or the path of a file. */
  readonly source: URL | string
  readonly refreshMs: number
  /** What the keys may be used with. If absent, the type of each key decides. */
  readonly algorithms?: readonly Algorithm[]
  readonly fetchJson?: (url: URL, signal: AbortSignal) => Promise<unknown>
  readonly clock: Clock
  /** Called with each good set. */
  readonly onKeys?: (keys: KeySet) => void
  /** Called with the error of each attempt that failed. The last good keys stay in use. */
  readonly onError: (error: Error) => void
}

const KEYS_MAX = 100
const UNKNOWN_KID_INTERVAL_MS = 30_000
const FETCH_TIMEOUT_MS = 5_000
const RESPONSE_BYTES_MAX = 1024 * 1024
const RETRY_MIN_MS = 1_000
const RETRY_MAX_MS = 30_000

/**
 * RFC 7517. Skips keys that cannot verify a token: symmetric or private ones, keys for encryption or of unknown types, and keys
 * that fit none of the algorithms. Throws if `json` is not a key set or has no usable key.
 */
export function parseJwks(json: unknown, algorithms?: readonly Algorithm[]): KeySet {
  if (!isObject(json) || !Array.isArray(json['keys'])) throw new TypeError('not a JWK Set: no array "keys"')
  const jwks: unknown[] = json['keys']
  if (jwks.length > KEYS_MAX) throw new TypeError(`a JWK Set of more than ${KEYS_MAX} keys`)
  const keys = new Map<string, VerifyKey>()
  for (const jwk of jwks) {
    if (!isObject(jwk) || !mayVerify(jwk)) continue
    const kid = typeof jwk['kid'] === 'string' ? jwk['kid'] : ''
    const key = readKey(jwk, algorithms)
    if (key && !keys.has(kid)) keys.set(kid, key)
  }
  if (keys.size === 0) throw new TypeError('the JWK Set has no usable key')
  return keys
}

/** Fetches the keys at once and then every `refreshMs`, or sooner after a failure. */
export function openJwks(options: JwksOptions): Jwks {
  return new PolledJwks(options)
}

/** A token without `kid` is accepted if the set has exactly one key, because then there is no choice. */
export function jwksKeySource(jwks: Pick<Jwks, 'keys' | 'ready' | 'noteUnknownKid'>): KeySource {
  return {
    isReady: () => jwks.ready,
    find: (kid) => {
      const keys = jwks.keys()
      const key = kid === undefined ? onlyOne(keys) : keys.get(kid)
      if (!key && kid !== undefined) jwks.noteUnknownKid()
      return key
    },
  }
}

/** GET without following redirects, because one could lead to plain HTTP. */
export async function fetchJson(url: URL, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(url, { signal, redirect: 'error', headers: { accept: 'application/json' } })
  if (!response.ok) throw new Error(`GET ${url.href}: HTTP ${response.status}`)
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > RESPONSE_BYTES_MAX) throw new Error(`GET ${url.href}: more than ${RESPONSE_BYTES_MAX} bytes`)
    chunks.push(chunk)
  }
  return parseJson(Buffer.concat(chunks).toString(), `GET ${url.href}`)
}

/** Replaces the parser's message, which quotes the text: the text may hold a private key. */
function parseJson(text: string, from: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(`${from}: not valid JSON`)
  }
}

class PolledJwks implements Jwks {
  readonly firstAttempt: Promise<void>
  readonly #options: JwksOptions
  readonly #closed = new AbortController()
  #keys: KeySet = new Map()
  #timer: NodeJS.Timeout | undefined
  #underWay = false
  #failures = 0
  #askedAtMs = -Infinity

  constructor(options: JwksOptions) {
    this.#options = options
    this.firstAttempt = this.#refresh()
  }

  get ready(): boolean {
    return this.#keys.size > 0
  }

  keys(): KeySet {
    return this.#keys
  }

  noteUnknownKid(): void {
    const nowMs = this.#options.clock.nowMs()
    if (this.#underWay || this.#closed.signal.aborted || nowMs - this.#askedAtMs < UNKNOWN_KID_INTERVAL_MS) return
    this.#askedAtMs = nowMs
    void this.#refresh()
  }

  close(): void {
    this.#closed.abort()
    clearTimeout(this.#timer)
  }

  /** Never rejects. */
  async #refresh(): Promise<void> {
    clearTimeout(this.#timer)
    this.#underWay = true
    try {
      this.#keys = parseJwks(await this.#load(), this.#options.algorithms)
      this.#failures = 0
      this.#options.onKeys?.(this.#keys)
    } catch (error) {
      this.#failures += 1
      if (!this.#closed.signal.aborted) this.#options.onError(toError(error))
    }
    this.#underWay = false
    if (!this.#closed.signal.aborted) this.#timer = setTimeout(() => void this.#refresh(), this.#delayMs()).unref()
  }

  async #load(): Promise<unknown> {
    const { source, fetchJson: fetchFrom = fetchJson } = this.#options
    const signal = AbortSignal.any([this.#closed.signal, AbortSignal.timeout(FETCH_TIMEOUT_MS)])
    if (source instanceof URL && source.protocol !== 'file:') return fetchFrom(source, signal)
    return parseJson(await readFile(source, { encoding: 'utf8', signal }), String(source))
  }

  #delayMs(): number {
    const { refreshMs } = this.#options
    if (this.#failures === 0) return refreshMs
    return Math.min(refreshMs, RETRY_MAX_MS, RETRY_MIN_MS * 2 ** (this.#failures - 1))
  }
}

function onlyOne(keys: KeySet): VerifyKey | undefined {
  const [key] = keys.values()
  return keys.size === 1 ? key : undefined
}

function mayVerify(jwk: Record<string, unknown>): boolean {
  const { kty, use, key_ops: operations } = jwk
  // `d`: the set publishes private keys, so anybody could have signed the token.
  if (kty === 'oct' || 'd' in jwk) return false
  if (use !== undefined && use !== 'sig') return false
  return operations === undefined || (Array.isArray(operations) && operations.includes('verify'))
}

/** A key's own `alg` can narrow what the configuration allows, and never widens it. */
function readKey(jwk: Record<string, unknown>, algorithms: readonly Algorithm[] | undefined): VerifyKey | undefined {
  const own = jwk['alg']
  const allowed = own === undefined ? algorithms : (algorithms ?? [own as Algorithm]).filter((one) => one === own)
  try {
    return publicVerifyKey(createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' }), allowed)
  } catch {
    // Sets also hold keys for other purposes and of future types (RFC 7517 section 5). They are skipped.
    return undefined
  }
}
