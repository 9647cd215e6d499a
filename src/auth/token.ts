import { createSigner, createVerifier } from 'fast-jwt'
import { isObject } from '../protocol/envelope.ts'
import { Refusal, type ErrorCode } from '../protocol/errors.ts'
import { GUEST_PREFIX, isUserId, type UserId } from '../protocol/ids.ts'
import type { HmacAlgorithm, KeySource, VerifyKey } from './verify-key.ts'

export interface VerifiedToken {
  readonly userId: UserId
  /** What its signature was verified with. */
  readonly tokenKey: VerifyKey
  /** Unix time in milliseconds: the token's `exp`, without skew. */
  readonly expiresAtMs: number
}

export interface TokenVerifier {
  /**
   * Throws AUTH_REQUIRED for an empty token, TOKEN_EXPIRED, TOKEN_INVALID, and UNAVAILABLE while no key could be fetched
   * yet.
   */
  readonly verify: (token: string) => VerifiedToken
}

export interface TokenVerifierOptions {
  readonly keys: KeySource
  /** Not checked where absent. */
  readonly issuer?: string
  /** Not checked where absent; the token's `aud` may be a list that contains it. */
  readonly audience?: string
  /** How large a token may be, in bytes. */
  readonly tokenBytesMax: number
  /** How far other clocks may be off, for `exp` and `nbf`. */
  readonly clockSkewMs: number
  /** How far ahead `exp` may lie. */
  readonly lifetimeMaxMs: number
  /** Unix time */
  readonly nowMs: () => number
  /** A token was looked at: its signature was known, was checked and is good, or what was thrown. */
  readonly onResult?: (result: 'cached' | 'verified' | ErrorCode) => void
}

export interface MintOptions {
  readonly secret: Uint8Array | string
  readonly sub: string
  /** Unix time */
  readonly nowMs: number
  /** 1 h where absent */
  readonly ttlMs?: number
  readonly issuer?: string
  readonly audience?: string
  /** HS256 where absent */
  readonly algorithm?: HmacAlgorithm
}

type Claims = Readonly<Record<string, unknown>>
type Verify = (token: string) => unknown

const KEYS_RETRY_MS = 5_000
const HOUR_MS = 3_600_000
/** Each lets a token choose its own key, or asks for rules that this server does not know. */
const FORBIDDEN_HEADERS = ['crit', 'jku', 'jwk', 'x5u', 'x5c']
const KID = /^[\x20-\x7e]{1,200}$/

/**
 * RFC 7519 tokens, checked in one go without waiting. fast-jwt checks signature, algorithm, `iss` and `aud`; the times are
 * checked here, because its clock is fixed when a verifier is made.
 */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  // A refreshed key set has new key objects, and its verifiers go with the old ones.
  const verifiers = new WeakMap<VerifyKey, Verify>()
  const verifierOf = (key: VerifyKey): Verify => {
    const verify = verifiers.get(key) ?? signatureVerifier(key, options)
    verifiers.set(key, verify)
    return verify
  }
  const seen = new SeenTokens()
  const { onResult = () => {} } = options
  const verify = (token: string): VerifiedToken => {
    if (token === '') throw new Refusal('AUTH_REQUIRED', 'a token is required')
    const known = seen.get(token)
    // A key that was taken back is found no longer.
    if (known && options.keys.find(known.kid) === known.key) {
      const verified = { ...readClaims(known.claims, options), tokenKey: known.key }
      onResult('cached')
      return verified
    }
    const kid = readKid(readHeader(token, options.tokenBytesMax))
    if (!options.keys.isReady()) {
      throw new Refusal('UNAVAILABLE', 'the keys are not there yet', { retry_after_ms: KEYS_RETRY_MS })
    }
    const key = options.keys.find(kid)
    if (!key) throw invalid('no such key')
    const claims = verifySignature(verifierOf(key), token)
    const verified = { ...readClaims(claims, options), tokenKey: key }
    seen.add(token, { kid, key, claims })
    onResult('verified')
    return verified
  }
  return {
    verify: (token) => {
      try {
        return verify(token)
      } catch (thrown) {
        if (thrown instanceof Refusal) onResult(thrown.code)
        throw thrown
      }
    },
  }
}

interface SeenToken {
  readonly kid: string | undefined
  /** The signature is its. */
  readonly key: VerifyKey
  readonly claims: Claims
}

/** So many at most; one of usual size takes about a kilobyte. */
const SEEN_MAX = 5_000
/** Of their text, where tokens are large. */
const SEEN_BYTES_MAX = 8 * 1024 * 1024

/** Tokens whose signatures were good: who comes back with one, as all do after a restart, costs no second look at it. */
class SeenTokens {
  readonly #tokens = new Map<string, SeenToken>()
  #bytes = 0

  get(token: string): SeenToken | undefined {
    return this.#tokens.get(token)
  }

  add(token: string, seen: SeenToken): void {
    this.#forget(token)
    this.#tokens.set(token, seen)
    this.#bytes += token.length
    for (const oldest of this.#tokens.keys()) {
      if (this.#tokens.size <= SEEN_MAX && this.#bytes <= SEEN_BYTES_MAX) return
      this.#forget(oldest)
    }
  }

  #forget(token: string): void {
    if (this.#tokens.delete(token)) this.#bytes -= token.length
  }
}

/** A token for the shared secret, as `drumbeat token` prints it. Throws on a `sub` that no player may have. */
export function mintToken(options: MintOptions): string {
  const { secret, sub, nowMs, ttlMs = HOUR_MS, algorithm = 'HS256' } = options
  if (!isPlayerId(sub)) throw new TypeError('sub must be 1 to 64 characters of A-Z a-z 0-9 _ - and not a guest id')
  const sign = createSigner({
    algorithm,
    key: Buffer.from(secret),
    ...(options.issuer === undefined ? {} : { iss: options.issuer }),
    ...(options.audience === undefined ? {} : { aud: options.audience }),
  })
  return sign({ sub, iat: Math.floor(nowMs / 1000), exp: Math.floor((nowMs + ttlMs) / 1000) })
}

/** An id that an account may have: nobody takes the channel of a guest by naming it. */
export function isPlayerId(value: unknown): value is UserId {
  return isUserId(value) && !value.startsWith(GUEST_PREFIX)
}

function signatureVerifier({ key, algorithms }: VerifyKey, { issuer, audience }: TokenVerifierOptions): Verify {
  return createVerifier({
    key: typeof key === 'string' ? key : Buffer.from(key),
    algorithms: [...algorithms],
    ignoreExpiration: true,
    ignoreNotBefore: true,
    requiredClaims: [...(issuer === undefined ? [] : ['iss']), ...(audience === undefined ? [] : ['aud'])],
    ...(issuer === undefined ? {} : { allowedIss: issuer }),
    ...(audience === undefined ? {} : { allowedAud: audience }),
  })
}

/** The header, from a token of the right form; nothing in it is to be trusted yet. */
function readHeader(token: string, bytesMax: number): Claims {
  if (Buffer.byteLength(token) > bytesMax) throw invalid(`longer than ${bytesMax} bytes`)
  const segments = token.split('.')
  if (segments.length !== 3 || !segments.every(isBase64Url)) throw invalid('not three segments of base64url')
  const header = parseJson(Buffer.from(segments[0] ?? '', 'base64url').toString())
  if (!isObject(header)) throw invalid('the header is not a JSON object')
  const forbidden = FORBIDDEN_HEADERS.find((name) => Object.hasOwn(header, name))
  if (forbidden !== undefined) throw invalid(`header ${forbidden} is not accepted`)
  return header
}

/** Each token has one spelling: no padding, no stray bits in the last character. */
function isBase64Url(segment: string): boolean {
  return segment !== '' && Buffer.from(segment, 'base64url').toString('base64url') === segment
}

/** Whoever looks a key up by `kid` must not be led astray, even where that is a file or a query. */
function readKid(header: Claims): string | undefined {
  const { kid } = header
  if (kid === undefined) return undefined
  if (typeof kid !== 'string' || !KID.test(kid) || kid.includes('/') || kid.includes('..')) {
    throw invalid('header kid is not accepted')
  }
  return kid
}

function verifySignature(verify: Verify, token: string): Claims {
  try {
    return verify(token) as Claims
  } catch (error) {
    if (isTokenError(error)) throw invalid(error.message)
    throw error
  }
}

function readClaims(
  { sub, exp, nbf }: Claims,
  options: TokenVerifierOptions,
): Pick<VerifiedToken, 'userId' | 'expiresAtMs'> {
  const { clockSkewMs, lifetimeMaxMs } = options
  const nowMs = options.nowMs()
  if (typeof exp !== 'number' || !Number.isFinite(exp)) throw invalid('exp is required and a number')
  if (nowMs > exp * 1000 + clockSkewMs) throw new Refusal('TOKEN_EXPIRED', 'the token has expired')
  if (exp * 1000 - nowMs > lifetimeMaxMs) throw invalid('exp is too far ahead')
  if (nbf !== undefined && (typeof nbf !== 'number' || !(nbf * 1000 <= nowMs + clockSkewMs))) {
    throw invalid('nbf is ahead, or not a number')
  }
  if (!isPlayerId(sub)) throw invalid('sub is not a user id')
  return { userId: sub, expiresAtMs: Math.floor(exp * 1000) }
}

function isTokenError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('FAST_JWT_')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalid('not JSON')
  }
}

function invalid(reason: string): Refusal {
  return new Refusal('TOKEN_INVALID', `the token is not accepted: ${reason}`)
}
