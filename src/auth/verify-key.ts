import { createPublicKey, type KeyObject } from 'node:crypto'

export type HmacAlgorithm = 'HS256' | 'HS384' | 'HS512'
export type RsaAlgorithm = 'RS256' | 'RS384' | 'RS512' | 'PS256' | 'PS384' | 'PS512'
export type EllipticAlgorithm = 'ES256' | 'ES384' | 'ES512' | 'EdDSA'
export type Algorithm = HmacAlgorithm | RsaAlgorithm | EllipticAlgorithm

/** A key, and the algorithms that it may be used with. Nothing that a token says adds to them. */
export interface VerifyKey {
  /** A shared secret, or a public key as PEM (SPKI). */
  readonly key: Uint8Array | string
  readonly algorithms: readonly Algorithm[]
}

/** Keys in memory. Looking one up is synchronous, because the handshake of a WebSocket must be answered without waiting. */
export interface KeySource {
  /** Returns false if there has never been a key, so that no token can be judged. */
  isReady(): boolean
  /** @param kid of the token's header; undefined if it has none */
  find(kid: string | undefined): VerifyKey | undefined
}

const HMAC: readonly Algorithm[] = ['HS256', 'HS384', 'HS512']
const RSA: readonly Algorithm[] = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
const BY_CURVE: ReadonlyMap<string, Algorithm> = new Map([
  ['prime256v1', 'ES256'],
  ['secp384r1', 'ES384'],
  ['secp521r1', 'ES512'],
])
/** RFC 7518 section 3.3. */
const RSA_BITS_MIN = 2048
/** RFC 7518 section 3.2: at least as long as the hash. */
const SECRET_BYTES_MIN = 32

/** One shared secret, HS256 by default. Throws if it is shorter than 32 bytes or if an algorithm is not an HMAC one. */
export function secretKeySource(secret: Uint8Array | string, algorithms: readonly Algorithm[] = ['HS256']): KeySource {
  const key = typeof secret === 'string' ? new TextEncoder().encode(secret) : secret
  if (key.length < SECRET_BYTES_MIN) throw new TypeError(`a shared secret needs ${SECRET_BYTES_MIN} bytes or more`)
  requireFit(algorithms, HMAC, 'a shared secret')
  return fixedKey({ key, algorithms })
}

/** One PEM public key or certificate. Throws if it is a private key, or if key and algorithms do not fit. */
export function publicKeySource(pem: string, algorithms?: readonly Algorithm[]): KeySource {
  // createPublicKey would accept a private key and derive the public one.
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem))
    throw new TypeError('this is a private key; a public key is needed')
  const key = createPublicKey(pem)
  if (algorithms) requireFit(algorithms, algorithmsOf(key).possible, 'this public key')
  return fixedKey(publicVerifyKey(key, algorithms))
}

/** Leaves out algorithms that do not fit the key. Throws if none is left. */
export function publicVerifyKey(key: KeyObject, algorithms?: readonly Algorithm[]): VerifyKey {
  const { possible, usual } = algorithmsOf(key)
  const allowed = algorithms ? algorithms.filter((algorithm) => possible.includes(algorithm)) : [usual]
  if (allowed.length === 0) throw new TypeError('the key fits none of the allowed algorithms')
  return { key: key.export({ type: 'spki', format: 'pem' }).toString(), algorithms: allowed }
}

function fixedKey(key: VerifyKey): KeySource {
  return { isReady: () => true, find: () => key }
}

function requireFit(algorithms: readonly Algorithm[], possible: readonly Algorithm[], what: string): void {
  const misfit = algorithms.find((algorithm) => !possible.includes(algorithm))
  if (misfit !== undefined || algorithms.length === 0) {
    throw new TypeError(`${what} can be used with ${possible.join(', ')}, not with ${misfit ?? 'nothing'}`)
  }
}

/** The algorithms that a key can be used with, and the one that is used if none is configured. */
function algorithmsOf(key: KeyObject): { possible: readonly Algorithm[]; usual: Algorithm } {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  if (type === 'rsa') {
    if ((details?.modulusLength ?? 0) < RSA_BITS_MIN)
      throw new TypeError(`an RSA key needs ${RSA_BITS_MIN} bits or more`)
    return { possible: RSA, usual: 'RS256' }
  }
  const algorithm = type === 'ed25519' ? 'EdDSA' : type === 'ec' ? BY_CURVE.get(details?.namedCurve ?? '') : undefined
  if (algorithm === undefined)
    throw new TypeError(`no algorithm for a key of type ${type} ${details?.namedCurve ?? ''}`)
  return { possible: [algorithm], usual: algorithm }
}
