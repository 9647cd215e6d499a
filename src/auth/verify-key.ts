import { createPublicKey, type KeyObject } from 'node:crypto'

export type HmacAlgorithm = 'HS256' | 'HS384' | 'HS512'
export type RsaAlgorithm = 'RS256' | 'RS384' | 'RS512' | 'PS256' | 'PS384' | 'PS512'
export type EllipticAlgorithm = 'ES256' | 'ES384' | 'ES512' | 'EdDSA'
export type Algorithm = HmacAlgorithm | RsaAlgorithm | EllipticAlgorithm

/** A key and the only algorithms it may be used with: what a token says of itself never adds to them. */
export interface VerifyKey {
  /** A shared secret, or a public key as PEM (SPKI). */
  readonly key: Uint8Array | string
  readonly algorithms: readonly Algorithm[]
}

/** Keys at hand: looking one up never waits, as the answer to an upgrade may not. */
export interface KeySource {
  /** false: no key was ever there, so nothing can be said of any token. */
  isReady(): boolean
  /** @param kid of the token's header; undefined where it has none */
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
/** RFC 7518 section 3.2: no shorter than the hash. */
const SECRET_BYTES_MIN = 32

/** One shared secret of 32 bytes or more, HS256 unless said otherwise. Throws on a short one and on other algorithms. */
export function secretKeySource(secret: Uint8Array | string, algorithms: readonly Algorithm[] = ['HS256']): KeySource {
  const key = typeof secret === 'string' ? new TextEncoder().encode(secret) : secret
  if (key.length < SECRET_BYTES_MIN) throw new TypeError(`a shared secret needs ${SECRET_BYTES_MIN} bytes or more`)
  requireFit(algorithms, HMAC, 'a shared secret')
  return fixedKey({ key, algorithms })
}

/** One PEM public key or certificate. Throws on a private key, and where key and algorithms do not fit. */
export function publicKeySource(pem: string, algorithms?: readonly Algorithm[]): KeySource {
  // createPublicKey would quietly derive the public half.
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) throw new TypeError('a private key where a public one belongs')
  const key = createPublicKey(pem)
  if (algorithms) requireFit(algorithms, algorithmsOf(key).possible, 'this public key')
  return fixedKey(publicVerifyKey(key, algorithms))
}

/** Throws where no algorithm is left. @param algorithms those that do not fit the key are left out */
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

/** What a key can be used with, and what it is used with where nobody says. */
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
