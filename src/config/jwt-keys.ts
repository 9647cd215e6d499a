import { createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { refuse } from './kinds.ts'
import { firstLine } from './data-file.ts'
import type { JwtAlgorithm } from './settings.ts'

const RSA_BITS_MIN = 2048 // RFC 7518 section 3.3

const SECRET_ALGORITHMS = ['HS256', 'HS384', 'HS512'] as const
const RSA_PSS_ALGORITHMS = ['PS256', 'PS384', 'PS512'] as const
const RSA_ALGORITHMS = ['RS256', 'RS384', 'RS512', ...RSA_PSS_ALGORITHMS] as const
const CURVE_ALGORITHMS = new Map<string, JwtAlgorithm>([
  ['prime256v1', 'ES256'],
  ['secp384r1', 'ES384'],
  ['secp521r1', 'ES512'],
])

/** The algorithms that a key can be used with: `allowed` are all of them, `standard` is the default of AUTH_JWT_ALGORITHMS. */
export interface KeyAlgorithms {
  readonly allowed: readonly JwtAlgorithm[]
  readonly standard: readonly JwtAlgorithm[]
}

export const SECRET_KEY: KeyAlgorithms = { allowed: SECRET_ALGORITHMS, standard: ['HS256'] }

/** A key set may contain keys of every kind that has a public key. */
export const KEY_SET: KeyAlgorithms = {
  allowed: [...RSA_ALGORITHMS, ...CURVE_ALGORITHMS.values(), 'EdDSA'],
  standard: ['RS256', 'ES256', 'EdDSA'],
}

/**
 * Returns the algorithms of the public key in a PEM file.
 * Throws EnvError, whose message completes "AUTH_JWT_PUBLIC_KEY_FILE must be …".
 */
export function publicKeyAlgorithms(file: string): KeyAlgorithms {
  const key = readPublicKey(file)
  const allowed = algorithmsOf(key)
  return { allowed, standard: allowed.slice(0, 1) }
}

function readPublicKey(file: string): KeyObject {
  const pem = readPem(file)
  if (pem.includes('PRIVATE KEY-----')) refuse('a public key, and this file holds a private one')
  if (!/-----BEGIN (RSA )?PUBLIC KEY-----/.test(pem)) refuse('a public key in PEM (-----BEGIN PUBLIC KEY-----)')
  try {
    return createPublicKey(pem)
  } catch (error) {
    return refuse(`a public key in PEM (${firstLine(error)})`)
  }
}

function readPem(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    return refuse(`a readable file (${firstLine(error)})`)
  }
}

function algorithmsOf(key: KeyObject): readonly JwtAlgorithm[] {
  const { modulusLength = 0, namedCurve = '' } = key.asymmetricKeyDetails ?? {}
  const type = key.asymmetricKeyType ?? ''
  if (type.startsWith('rsa') && modulusLength < RSA_BITS_MIN) {
    refuse(`an RSA key of ${RSA_BITS_MIN} bits or more, and has ${modulusLength}`)
  }
  if (type === 'rsa') return RSA_ALGORITHMS
  if (type === 'rsa-pss') return RSA_PSS_ALGORITHMS
  if (type === 'ec') return [CURVE_ALGORITHMS.get(namedCurve) ?? refuse('an EC key on P-256, P-384 or P-521')]
  return type.startsWith('ed') ? ['EdDSA'] : refuse('an RSA, EC or Ed25519 key')
}
