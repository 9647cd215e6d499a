import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import t, { type Test } from 'tap'
import { Refusal } from '../../src/protocol/errors.ts'
import { jwksKeySource, openJwks } from '../../src/auth/jwks.ts'
import { createTokenVerifier, mintToken, type TokenVerifierOptions } from '../../src/auth/token.ts'
import { type KeySource, publicKeySource, secretKeySource } from '../../src/auth/verify-key.ts'

const SECRET = 'a secret of at least thirty-two bytes'
const NOW_MS = 1_790_000_000_000
const NOW_S = NOW_MS / 1000
const DAY_MS = 86_400_000
const CLAIMS = { sub: 'alice', exp: NOW_S + 3600 }

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
const p521 = generateKeyPairSync('ec', { namedCurve: 'P-521' })
const ed = generateKeyPairSync('ed25519')

function pem(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString()
}

function base64url(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
}

/** A token as anybody could make it, signed with the shared secret unless said otherwise. */
function forge(claims: unknown, header: object = {}, secret: string = SECRET): string {
  const input = `${base64url({ alg: 'HS256', typ: 'JWT', ...header })}.${base64url(claims)}`
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}

function forgeWith(key: KeyObject, alg: string, header: object = {}): string {
  const input = `${base64url({ alg, ...header })}.${base64url(CLAIMS)}`
  const hash = alg === 'EdDSA' ? undefined : `sha${alg.slice(2)}`
  const pss = alg.startsWith('PS') ? { padding: 6, saltLength: -1 } : {}
  return `${input}.${sign(hash, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363', ...pss }).toString('base64url')}`
}

function verifierOf(keys: KeySource, options: Partial<TokenVerifierOptions> = {}) {
  return createTokenVerifier({
    keys,
    tokenBytesMax: 2048,
    clockSkewMs: 30_000,
    lifetimeMaxMs: 366 * DAY_MS,
    nowMs: () => NOW_MS,
    ...options,
  })
}

const withSecret = verifierOf(secretKeySource(SECRET))

function codeOf(token: string, verifier = withSecret): string {
  try {
    return `accepted ${verifier.verify(token).userId}`
  } catch (error) {
    if (error instanceof Refusal) return error.code
    throw error
  }
}

function refuses(t: Test, tokens: Readonly<Record<string, string>>, verifier = withSecret, code = 'TOKEN_INVALID') {
  for (const [what, token] of Object.entries(tokens)) t.equal(codeOf(token, verifier), code, what)
}

t.test('a good token names its user and its end', async (t) => {
  t.match(withSecret.verify(forge(CLAIMS)), { userId: 'alice', expiresAtMs: NOW_MS + 3_600_000 })
  t.same(withSecret.verify(forge({ ...CLAIMS, exp: NOW_S + 0.0015 })).expiresAtMs, NOW_MS + 1)
})

t.test('no token is asked for', async (t) => {
  t.equal(codeOf(''), 'AUTH_REQUIRED')
})

t.test('alg none, and an algorithm that is not configured, are refused', async (t) => {
  const unsigned = `${base64url({ alg: 'none' })}.${base64url(CLAIMS)}`
  const input = `${base64url({ alg: 'HS512' })}.${base64url(CLAIMS)}`
  const hs512 = `${input}.${createHmac('sha512', SECRET).update(input).digest('base64url')}`
  refuses(t, {
    'none without a signature': `${unsigned}.`,
    'none with a signature': `${unsigned}.AAAA`,
    'None signed': forge(CLAIMS, { alg: 'None' }),
    'no alg': forge(CLAIMS, { alg: undefined }),
    'alg as a list': forge(CLAIMS, { alg: ['HS256'] }),
    'HS512 where HS256 is configured': hs512,
  })
  t.equal(codeOf(hs512, verifierOf(secretKeySource(SECRET, ['HS512']))), 'accepted alice')
})

t.test('HS256 signed with the public key is refused for every kind of public key', async (t) => {
  for (const { publicKey } of [rsa, p256, ed]) {
    const verifier = verifierOf(publicKeySource(pem(publicKey)))
    refuses(
      t,
      {
        'the PEM as secret': forge(CLAIMS, {}, pem(publicKey)),
        'the PEM without its last line end': forge(CLAIMS, {}, pem(publicKey).trim()),
        'the JWK as secret': forge(CLAIMS, {}, JSON.stringify(publicKey.export({ format: 'jwk' }))),
      },
      verifier,
    )
  }
})

t.test('each kind of public key verifies with the algorithm of its kind', async (t) => {
  const keys: [KeyObject, KeyObject, string][] = [
    [rsa.publicKey, rsa.privateKey, 'RS256'],
    [p256.publicKey, p256.privateKey, 'ES256'],
    [p384.publicKey, p384.privateKey, 'ES384'],
    [p521.publicKey, p521.privateKey, 'ES512'],
    [ed.publicKey, ed.privateKey, 'EdDSA'],
  ]
  for (const [publicKey, privateKey, alg] of keys) {
    const verifier = verifierOf(publicKeySource(pem(publicKey)))
    t.equal(codeOf(forgeWith(privateKey, alg), verifier), 'accepted alice', alg)
    t.equal(codeOf(`${forgeWith(privateKey, alg).slice(0, -8)}AAAAAAAA`, verifier), 'TOKEN_INVALID', `${alg} altered`)
  }
  const pss = verifierOf(publicKeySource(pem(rsa.publicKey), ['PS256', 'RS512']))
  t.equal(codeOf(forgeWith(rsa.privateKey, 'PS256'), pss), 'accepted alice')
  t.equal(codeOf(forgeWith(rsa.privateKey, 'RS512'), pss), 'accepted alice')
  t.equal(codeOf(forgeWith(rsa.privateKey, 'RS256'), pss), 'TOKEN_INVALID', 'not among the configured')
})

t.test('a key that is not fit for its place is refused when the server starts', async (t) => {
  const privatePem = rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey
  t.throws(() => publicKeySource(privatePem), /private key/)
  t.throws(() => publicKeySource('not a key'))
  t.throws(() => publicKeySource(pem(small)), /2048/)
  t.throws(() => publicKeySource(pem(generateKeyPairSync('x25519').publicKey)), /x25519/)
  t.throws(() => publicKeySource(pem(rsa.publicKey), ['HS256']), /HS256/)
  t.throws(() => publicKeySource(pem(rsa.publicKey), ['RS256', 'ES256']), /ES256/)
  t.throws(() => publicKeySource(pem(rsa.publicKey), []))
  t.throws(() => secretKeySource('x'.repeat(31)), /32/)
  t.throws(() => secretKeySource(SECRET, ['RS256']), /RS256/)
  t.doesNotThrow(() => secretKeySource(new Uint8Array(32).fill(1)))
})

t.test('headers that let a token bring its own key or its own rules are refused', async (t) => {
  refuses(t, {
    jku: forge(CLAIMS, { jku: 'https://evil.example/jwks' }),
    x5u: forge(CLAIMS, { x5u: 'https://evil.example/cert' }),
    x5c: forge(CLAIMS, { x5c: ['AAAA'] }),
    jwk: forge(CLAIMS, { jwk: rsa.publicKey.export({ format: 'jwk' }) }),
    'unknown crit': forge(CLAIMS, { crit: ['b64'], b64: false }),
    'empty crit': forge(CLAIMS, { crit: [] }),
    'null jwk': forge(CLAIMS, { jwk: null }),
  })
})

t.test('kid is a short plain name or the token is refused', async (t) => {
  t.equal(codeOf(forge(CLAIMS, { kid: 'key-1 (2026)' })), 'accepted alice')
  t.equal(codeOf(forge(CLAIMS, { kid: 'k'.repeat(200) })), 'accepted alice')
  refuses(t, {
    path: forge(CLAIMS, { kid: '../../../dev/null' }),
    'with /': forge(CLAIMS, { kid: 'a/b' }),
    'with ..': forge(CLAIMS, { kid: 'a..b' }),
    empty: forge(CLAIMS, { kid: '' }),
    '201 characters': forge(CLAIMS, { kid: 'k'.repeat(201) }),
    '10 KB': forge(CLAIMS, { kid: 'k'.repeat(10_240) }),
    array: forge(CLAIMS, { kid: ['key-1'] }),
    number: forge(CLAIMS, { kid: 1 }),
    null: forge(CLAIMS, { kid: null }),
    NUL: forge(CLAIMS, { kid: 'a\0' }),
    'not ASCII': forge(CLAIMS, { kid: 'schlüssel' }),
  })
})

t.test('an expired token is refused 31 s and 61 s after its end, and not within the skew of 30 s', async (t) => {
  for (const seconds of [31, 61, NOW_S, NOW_S + 1])
    t.equal(codeOf(forge({ ...CLAIMS, exp: NOW_S - seconds })), 'TOKEN_EXPIRED')
  t.equal(codeOf(forge({ ...CLAIMS, exp: NOW_S - 30 })), 'accepted alice')
  t.equal(codeOf(forge({ ...CLAIMS, exp: NOW_S })), 'accepted alice')
})

t.test('a token that was good is refused once its time has come', async (t) => {
  const time = { nowMs: NOW_MS }
  const verifier = verifierOf(secretKeySource(SECRET), { nowMs: () => time.nowMs })
  const token = forge(CLAIMS)
  t.equal(codeOf(token, verifier), 'accepted alice')
  time.nowMs += 3_600_000 + 30_001
  t.equal(codeOf(token, verifier), 'TOKEN_EXPIRED')
})

t.test('exp is required, a number, and not too far ahead', async (t) => {
  const literal = (exp: string) => {
    const input = `${base64url({ alg: 'HS256' })}.${base64url(`{"sub":"alice","exp":${exp}}`)}`
    return `${input}.${createHmac('sha256', SECRET).update(input).digest('base64url')}`
  }
  refuses(t, {
    absent: forge({ sub: 'alice' }),
    'a string': forge({ ...CLAIMS, exp: String(CLAIMS.exp) }),
    null: forge({ ...CLAIMS, exp: null }),
    'a list': forge({ ...CLAIMS, exp: [CLAIMS.exp] }),
    infinite: literal('1e400'),
    'ten years ahead': forge({ ...CLAIMS, exp: NOW_S + 3653 * 86_400 }),
    'in milliseconds': forge({ ...CLAIMS, exp: NOW_MS }),
    '1 s over the limit': forge({ ...CLAIMS, exp: NOW_S + 366 * 86_400 + 1 }),
  })
  t.equal(codeOf(literal(String(NOW_S + 366 * 86_400))), 'accepted alice')
})

t.test('nbf is honoured, with the skew', async (t) => {
  t.equal(codeOf(forge({ ...CLAIMS, nbf: NOW_S + 30 })), 'accepted alice')
  t.equal(codeOf(forge({ ...CLAIMS, nbf: NOW_S - 1 })), 'accepted alice')
  refuses(t, {
    ahead: forge({ ...CLAIMS, nbf: NOW_S + 31 }),
    'a string': forge({ ...CLAIMS, nbf: '0' }),
    null: forge({ ...CLAIMS, nbf: null }),
  })
})

t.test('issuer and audience must match where they are configured', async (t) => {
  const verifier = verifierOf(secretKeySource(SECRET), { issuer: 'https://id.example', audience: 'drumbeat' })
  const good = { ...CLAIMS, iss: 'https://id.example', aud: 'drumbeat' }
  t.equal(codeOf(forge(good), verifier), 'accepted alice')
  t.equal(codeOf(forge({ ...good, aud: ['other', 'drumbeat'] }), verifier), 'accepted alice')
  t.equal(codeOf(forge(good)), 'accepted alice', 'not looked at where not configured')
  refuses(
    t,
    {
      'wrong iss': forge({ ...good, iss: 'https://id.example.evil.net' }),
      'iss with a slash more': forge({ ...good, iss: 'https://id.example/' }),
      'no iss': forge({ ...good, iss: undefined }),
      'iss as a list': forge({ ...good, iss: ['https://id.example'] }),
      'wrong aud': forge({ ...good, aud: 'drum' }),
      'no aud': forge({ ...good, aud: undefined }),
      'no fitting aud': forge({ ...good, aud: ['a', 'b'] }),
      'empty aud': forge({ ...good, aud: [] }),
      'aud as object': forge({ ...good, aud: { drumbeat: true } }),
    },
    verifier,
  )
})

t.test('sub is a user id, and not the id of a guest', async (t) => {
  t.equal(codeOf(forge({ ...CLAIMS, sub: 'A_z-9'.padEnd(64, 'x') })), `accepted ${'A_z-9'.padEnd(64, 'x')}`)
  refuses(t, {
    absent: forge({ exp: CLAIMS.exp }),
    empty: forge({ ...CLAIMS, sub: '' }),
    '65 characters': forge({ ...CLAIMS, sub: 'x'.repeat(65) }),
    'with /': forge({ ...CLAIMS, sub: 'a/b' }),
    NUL: forge({ ...CLAIMS, sub: 'alice\0' }),
    'a line end': forge({ ...CLAIMS, sub: 'alice\n' }),
    emoji: forge({ ...CLAIMS, sub: '😀' }),
    'a number': forge({ ...CLAIMS, sub: 42 }),
    'a list': forge({ ...CLAIMS, sub: ['alice'] }),
    'a guest': forge({ ...CLAIMS, sub: 'guest-1' }),
    'a key that sets a prototype': forge({ ...CLAIMS, sub: '__proto__' }),
    'the server': forge({ ...CLAIMS, sub: '@server' }),
  })
})

t.test('a token of another form is refused before any key is used', async (t) => {
  const good = forge(CLAIMS)
  const [header = '', claims = '', mac = ''] = good.split('.')
  const keys: KeySource = {
    isReady: () => true,
    find: () => {
      throw new Error('a key was looked up')
    },
  }
  refuses(
    t,
    {
      'over 2 KB': forge({ ...CLAIMS, pad: 'x'.repeat(2048) }),
      'two segments': `${header}.${claims}`,
      'four segments': `${good}.${mac}`,
      'five segments (encrypted)': `${good}.${mac}.${mac}`,
      'no signature': `${header}.${claims}.`,
      'no header': `.${claims}.${mac}`,
      padded: `${header}.${claims}.${mac}=`,
      'base64 instead of base64url': `${header}.${claims}.${mac.slice(0, -1)}+`,
      'a space': ` ${good}`,
      'a line end': `${good}\n`,
      NUL: `${header}.${claims}.\0${mac}`,
      'not ASCII': `${header}.${claims}.ü${mac}`,
      'a length no bytes have': `${header}.${claims}.AAAAA`,
      'stray bits in the last character': `${header}.${claims}.AB`,
      'a header that is no JSON': `${base64url('{')}.${claims}.${mac}`,
      'a header that is a list': `${base64url('[]')}.${claims}.${mac}`,
      'a header that is null': `${base64url('null')}.${claims}.${mac}`,
    },
    verifierOf(keys),
  )
})

t.test('a token may be as large as the setting says', async (t) => {
  const token = forge({ ...CLAIMS, pad: 'x'.repeat(3000) })
  const keys = secretKeySource(SECRET)
  t.equal(codeOf(token, verifierOf(keys, { tokenBytesMax: token.length })), 'accepted alice')
  t.equal(codeOf(token, verifierOf(keys, { tokenBytesMax: token.length - 1 })), 'TOKEN_INVALID')
})

t.test('claims that are no JSON object are refused', async (t) => {
  for (const claims of ['{', '[]', 'null', '1', '"x"', '']) {
    const input = `${base64url({ alg: 'HS256' })}.${base64url(claims)}`
    const token = `${input}.${createHmac('sha256', SECRET).update(input).digest('base64url')}`
    t.equal(codeOf(token), 'TOKEN_INVALID', claims)
  }
})

t.test('no altered character goes unnoticed', async (t) => {
  const token = forge(CLAIMS)
  for (let i = 0; i < token.length; i++) {
    const altered = token.slice(0, i) + (token[i] === 'A' ? 'B' : 'A') + token.slice(i + 1)
    if (codeOf(altered) !== 'TOKEN_INVALID') t.fail(`character ${i}: ${codeOf(altered)}`)
  }
  t.equal(codeOf(forge(CLAIMS, {}, `${SECRET}!`)), 'TOKEN_INVALID', 'another secret')
})

t.test(
  'with a key set the kid chooses the key, and keys that are not there yet are no fault of the token',
  async (t) => {
    const gate = Promise.withResolvers<unknown>()
    const jwks = openJwks({
      source: new URL('https://id.example/jwks'),
      refreshMs: 3_600_000,
      clock: { nowMs: () => 0, wallMs: () => 0 },
      onError: (error) => t.fail(error),
      fetchJson: () => gate.promise,
    })
    t.teardown(() => jwks.close())
    const verifier = verifierOf(jwksKeySource(jwks))
    t.equal(codeOf(forgeWith(rsa.privateKey, 'RS256', { kid: 'r' }), verifier), 'UNAVAILABLE')
    const secret = { kty: 'oct', kid: 'h', k: base64url(SECRET), alg: 'HS256' }
    const keyOf = (key: KeyObject, kid: string) => ({ ...key.export({ format: 'jwk' }), kid })
    gate.resolve({ keys: [keyOf(rsa.publicKey, 'r'), keyOf(p256.publicKey, 'e'), secret] })
    await jwks.firstAttempt
    t.equal(codeOf(forgeWith(rsa.privateKey, 'RS256', { kid: 'r' }), verifier), 'accepted alice')
    t.equal(codeOf(forgeWith(p256.privateKey, 'ES256', { kid: 'e' }), verifier), 'accepted alice')
    refuses(
      t,
      {
        'the kid of another key': forgeWith(rsa.privateKey, 'RS256', { kid: 'e' }),
        'an unknown kid': forgeWith(rsa.privateKey, 'RS256', { kid: 'x' }),
        'no kid where there are several keys': forgeWith(rsa.privateKey, 'RS256'),
        'a name of Object': forgeWith(rsa.privateKey, 'RS256', { kid: '__proto__' }),
        'a symmetric key of the set': forge(CLAIMS, { kid: 'h' }),
        'the public key as a secret': forge(CLAIMS, { kid: 'r' }, pem(rsa.publicKey)),
      },
      verifier,
    )
  },
)

t.test('a minted token is accepted for an hour, or as long as asked', async (t) => {
  const options = { secret: SECRET, sub: 'alice', nowMs: NOW_MS }
  t.match(withSecret.verify(mintToken(options)), { userId: 'alice', expiresAtMs: NOW_MS + 3_600_000 })
  t.same(withSecret.verify(mintToken({ ...options, ttlMs: 60_000 })).expiresAtMs, NOW_MS + 60_000)
  const issued = { issuer: 'https://id.example', audience: 'drumbeat' }
  const strict = verifierOf(secretKeySource(new TextEncoder().encode(SECRET), ['HS512']), issued)
  t.equal(codeOf(mintToken({ ...options, ...issued, algorithm: 'HS512' }), strict), 'accepted alice')
  t.equal(codeOf(mintToken({ ...options, algorithm: 'HS512' }), strict), 'TOKEN_INVALID')
  for (const sub of ['', 'a/b', 'guest-1']) t.throws(() => mintToken({ ...options, sub }), sub)
})

t.test('a token that was good before is looked at anew: its times, and whether its key is still one', async (t) => {
  let nowMs = NOW_MS
  let key = secretKeySource(SECRET)
  const keys: KeySource = { isReady: () => true, find: (kid) => key.find(kid) }
  const verifier = verifierOf(keys, { nowMs: () => nowMs, clockSkewMs: 0 })
  const token = forge(CLAIMS)
  for (let n = 0; n < 3; n++) t.match(verifier.verify(token), { userId: 'alice', expiresAtMs: CLAIMS.exp * 1000 })
  t.equal(codeOf(`${token.slice(0, -4)}AAAA`, verifier), 'TOKEN_INVALID', 'another signature is another token')
  nowMs += 3_601_000
  t.equal(codeOf(token, verifier), 'TOKEN_EXPIRED')
  nowMs = NOW_MS
  t.equal(verifier.verify(token).userId, 'alice')
  key = secretKeySource('another secret of at least thirty-two bytes')
  t.equal(codeOf(token, verifier), 'TOKEN_INVALID', 'its key was changed')
  key = { isReady: () => true, find: () => undefined }
  t.equal(codeOf(token, verifier), 'TOKEN_INVALID', 'there is no key')
})

t.test('so many tokens as come are good, however few are remembered', async (t) => {
  const verifier = verifierOf(secretKeySource(SECRET))
  const tokens = Array.from({ length: 6_000 }, (_, i) => forge({ ...CLAIMS, sub: `player-${i}` }))
  for (let round = 0; round < 2; round++) {
    const wrong = tokens.filter((token, i) => verifier.verify(token).userId !== `player-${i}`)
    t.equal(wrong.length, 0)
  }
})
