import { createSigner, createVerifier } from 'fast-jwt'
import { isObject } from '../protocol/envelope.ts'
import { Refusal, type ErrorCode } from '../protocol/errors.ts'
import { isGuestId, isUserId, type UserId } from '../protocol/ids.ts'
import type { HmacAlgorithm, KeySource, VerifyKey } from './verify-key.ts'

export interface VerifiedToken {
  readonly userId: UserId
  /** The key that verified the signature. */
  readonly tokenKey: VerifyKey
  /** Unix time in milliseconds: the token's `exp`, without skew. */
  readonly expiresAtMs: number
}

export interface TokenVerifier {
  /**
   * Throws a Refusal: AUTH_REQUIRED for an empty token, TOKEN_EXPIRED, TOKEN_INVALID, or UNAVAILABLE while no keys could be
   * fetched yet.
   */
  readonly verify: (token: string) => VerifiedToken
}

export interface TokenVerifierOptions {
  readonly keys: KeySource
  /** Not checked if absent. */
  readonly issuer?: string
  /** Not checked if absent. The token's `aud` may be a list that contains it. */
  readonly audience?: string
  /** The largest accepted token, in bytes. */
  readonly tokenBytesMax: number
  /** How far the issuer's clock may be off, for `exp` and `nbf`. */
  readonly clockSkewMs: number
  /** How far `exp` may lie in the future. */
  readonly lifetimeMaxMs: number
  /** Unix time */
  readonly nowMs: () => number
  /**
   * Called for each token with its result: `cached` if its signature had been checked before, `verified` if it was checked now,
   * otherwise the error code.
   */
  readonly onResult?: (result: 'cached' | 'verified' | ErrorCode) => void
}

export interface MintOptions {
  readonly secret: Uint8Array | string
  readonly sub: string
  /** Unix time */
  readonly nowMs: number
  /** 1 h by default. */
  readonly ttlMs?: number
  readonly issuer?: string
  readonly audience?: string
  /** HS256 by default. */
  readonly algorithm?: HmacAlgorithm
}

type Claims = Readonly<Record<string, unknown>>
type Verify = (token: string) => unknown

const KEYS_RETRY_MS = 5_000
const HOUR_MS = 3_600_000
/**
 * Headers that let a token choose its own key or ask for rules that this server does not know. Tokens that have them are refused.
 */
const FORBIDDEN_HEADERS = ['crit', 'jku', 'jwk', 'x5u', 'x5c']
const KID = /^[\x20-\x7e]{1,200}$/

/**
 * Verifies RFC 7519 tokens synchronously. fast-jwt checks signature, algorithm, `iss` and `aud`. `exp` and `nbf` are checked
 * here, because the clock of a fast-jwt verifier is fixed when it is made.
 */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  // A refreshed key set has new key objects, so the verifiers of the old ones are garbage-collected with them.
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
    // A key that was withdrawn is no longer found.
    if (known && options.keys.find(known.kid) === known.key) {
      const verified = { ...readClaims(known.claims, options), tokenKey: known.key }
      onResult('cached')
      return verified
    }
    const kid = readKid(readHeader(token, options.tokenBytesMax))
    if (!options.keys.isReady()) {
      throw new Refusal('UNAVAILABLE', 'the server has no keys to verify tokens with yet', {
        retry_after_ms: KEYS_RETRY_MS,
      })
    }
    const key = options.keys.find(kid)
    if (!key) throw invalid('no key matches it')
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
  /** The key that verified its signature. */
  readonly key: VerifyKey
  readonly claims: Claims
}

/** The most tokens that are remembered. One of usual size takes about a kilobyte. */
const SEEN_MAX = 5_000
/** The most bytes of their text, in case tokens are large. */
const SEEN_BYTES_MAX = 8 * 1024 * 1024

/**
 * Remembers tokens with good signatures, so that clients that come back with theirs, as all do after a restart, cost no second
 * check of it.
 */
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

/**
 * Makes a token signed with the shared secret, as `drumbeat token` prints it. Throws if `sub` is not an id that a player may
 * have.
 */
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

/** Whether an account may have this id. Guest ids are excluded, so that no account can take the channel of a guest. */
export function isPlayerId(value: unknown): value is UserId {
  return isUserId(value) && !isGuestId(value)
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

/** Reads the header of a well-formed token. Nothing in it can be trusted yet. */
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

/** Accepts only one spelling of each token: no padding and no stray bits in the last character. */
function isBase64Url(segment: string): boolean {
  return segment !== '' && Buffer.from(segment, 'base64url').toString('base64url') === segment
}

/** The `kid` may be used in a file name or a query, so it must not contain a path. */
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
  if (typeof exp !== 'number' || !Number.isFinite(exp)) throw invalid('exp is missing or not a number')
  if (nowMs > exp * 1000 + clockSkewMs) throw new Refusal('TOKEN_EXPIRED', 'the token has expired')
  if (exp * 1000 - nowMs > lifetimeMaxMs) throw invalid('exp is too far ahead')
  if (nbf !== undefined && (typeof nbf !== 'number' || !(nbf * 1000 <= nowMs + clockSkewMs))) {
    throw invalid('nbf is in the future, or not a number')
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
