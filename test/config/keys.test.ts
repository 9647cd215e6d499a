import { generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import path from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import { mistakesOf } from './loading.ts'

const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 })
const SECRET = 'x'.repeat(32)

function ec(namedCurve: string): KeyObject {
  return generateKeyPairSync('ec', { namedCurve }).publicKey
}

function pem(key: KeyObject): string {
  return key.export({ type: key.type === 'private' ? 'pkcs8' : 'spki', format: 'pem' }).toString()
}

function writeKey(t: Test, content: string): string {
  return path.join(t.testdir({ 'key.pem': content }), 'key.pem')
}

t.test('the algorithms follow from the public key', async (t) => {
  const keys: readonly (readonly [KeyObject, string])[] = [
    [RSA.publicKey, 'RS256'],
    [generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey, 'PS256'],
    [ec('prime256v1'), 'ES256'],
    [ec('secp384r1'), 'ES384'],
    [ec('secp521r1'), 'ES512'],
    [generateKeyPairSync('ed25519').publicKey, 'EdDSA'],
  ]
  for (const [key, algorithm] of keys) {
    const { settings } = loadConfig({ env: { AUTH_JWT_PUBLIC_KEY_FILE: writeKey(t, pem(key)) } })
    t.strictSame(settings.AUTH_JWT_ALGORITHMS, [algorithm])
  }
})

t.test('a private key where the public one belongs is refused, in all its forms', async (t) => {
  const forms = [
    pem(RSA.privateKey),
    RSA.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    `${pem(RSA.publicKey)}${pem(RSA.privateKey)}`,
    pem(generateKeyPairSync('ed25519').privateKey),
  ]
  for (const form of forms) {
    const [mistake = '', ...others] = mistakesOf({ AUTH_JWT_PUBLIC_KEY_FILE: writeKey(t, form) })
    t.match(mistake, /^AUTH_JWT_PUBLIC_KEY_FILE must be a public key, and this file holds a private one/)
    t.strictSame(others, [])
  }
})

t.test('a key file that is absent, a folder, no PEM, cut short, or too weak is refused', async (t) => {
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey
  const whole = pem(RSA.publicKey)
  const contents = {
    'empty.pem': '',
    'text.pem': 'not a key',
    'cut.pem': `${whole.slice(0, 100)}\n-----END PUBLIC KEY-----\n`,
    'weak.pem': pem(weak),
    'bitcoin.pem': pem(ec('secp256k1')),
    'x25519.pem': pem(generateKeyPairSync('x25519').publicKey),
    'folder.pem': {},
  }
  const folder = t.testdir(contents)
  for (const name of [...Object.keys(contents), 'absent.pem']) {
    const mistakes = mistakesOf({ AUTH_JWT_PUBLIC_KEY_FILE: path.join(folder, name) })
    t.match(mistakes, [/^AUTH_JWT_PUBLIC_KEY_FILE must be /], name)
  }
})

t.test('algorithms that do not fit the key are refused', async (t) => {
  const rsa = path.join(t.testdir({ 'rsa.pem': pem(RSA.publicKey), 'ec.pem': pem(ec('prime256v1')) }), 'rsa.pem')
  const elliptic = path.join(path.dirname(rsa), 'ec.pem')
  const refused: readonly Record<string, string>[] = [
    { AUTH_JWT_PUBLIC_KEY_FILE: rsa, AUTH_JWT_ALGORITHMS: 'HS256' },
    { AUTH_JWT_PUBLIC_KEY_FILE: rsa, AUTH_JWT_ALGORITHMS: 'RS256,HS256' },
    { AUTH_JWT_PUBLIC_KEY_FILE: rsa, AUTH_JWT_ALGORITHMS: 'ES256' },
    { AUTH_JWT_PUBLIC_KEY_FILE: elliptic, AUTH_JWT_ALGORITHMS: 'ES384' },
    { AUTH_JWKS_URL: 'https://a.example/jwks', AUTH_JWT_ALGORITHMS: 'HS256' },
    { AUTH_JWT_SECRET: SECRET, AUTH_JWT_ALGORITHMS: 'RS256' },
    { AUTH_JWT_ALGORITHMS: 'EdDSA' },
  ]
  for (const env of refused) t.match(mistakesOf(env), [/^AUTH_JWT_ALGORITHMS must fit the key/], JSON.stringify(env))
  t.strictSame(mistakesOf({ AUTH_JWT_PUBLIC_KEY_FILE: rsa, AUTH_JWT_ALGORITHMS: 'RS512,PS256' }), [])
  t.strictSame(mistakesOf({ AUTH_JWKS_URL: 'https://a.example/jwks', AUTH_JWT_ALGORITHMS: 'ES512' }), [])
  t.strictSame(mistakesOf({ AUTH_JWT_SECRET: SECRET, AUTH_JWT_ALGORITHMS: 'HS512' }), [])
})

t.test('two keys at once are refused', async (t) => {
  const key = writeKey(t, pem(RSA.publicKey))
  const jwks = 'https://a.example/jwks'
  t.match(mistakesOf({ AUTH_JWT_SECRET: SECRET, AUTH_JWT_PUBLIC_KEY_FILE: key }), [/must not be set together/])
  t.match(mistakesOf({ AUTH_JWT_SECRET: SECRET, AUTH_JWKS_URL: jwks }), [/^AUTH_JWT_SECRET and AUTH_JWKS_URL must not/])
  t.match(mistakesOf({ AUTH_JWT_PUBLIC_KEY_FILE: key, AUTH_JWKS_URL: jwks }), [/must not be set together/])
})

t.test('a key set comes over https, over http from loopback only, or from a file', async (t) => {
  const folder = t.testdir({ 'ok.json': '{"keys":[{"kty":"OKP"}]}', 'no.json': '{"keys":[]}', 'broken.json': '{' })
  const accepted = [
    'https://a.example/jwks',
    'http://127.0.0.1:9000/jwks',
    'http://localhost/jwks',
    'http://[::1]/jwks',
    path.join(folder, 'ok.json'),
  ]
  const refused = [
    'http://a.example/jwks',
    'http://127.0.0.1.example/jwks',
    'http://10.0.0.1/jwks',
    'ftp://a.example/jwks',
    'https://',
    'https://user:password@a.example/jwks',
    path.join(folder, 'no.json'),
    path.join(folder, 'broken.json'),
    path.join(folder, 'absent.json'),
  ]
  for (const place of accepted) t.strictSame(mistakesOf({ AUTH_JWKS_URL: place }), [], place)
  for (const place of refused) t.match(mistakesOf({ AUTH_JWKS_URL: place }), [/^AUTH_JWKS_URL must be /], place)
})
