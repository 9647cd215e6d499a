import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { fetchJson, type JwksOptions, jwksKeySource, openJwks, parseJwks } from '../../src/auth/jwks.ts'
import { PATIENCE_MS } from '../helpers/patience.ts'
import { until } from '../helpers/until.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey
const ec = generateKeyPairSync('ec', { namedCurve: 'P-384' })
const ed = generateKeyPairSync('ed25519').publicKey
const URL_OF_KEYS = new URL('https://id.example/jwks.json')

function jwk(key: KeyObject, rest: object): object {
  return { ...key.export({ format: 'jwk' }), ...rest }
}

const RSA_SET = { keys: [jwk(rsa, { kid: 'r1' })] }
const ED_SET = { keys: [jwk(ed, { kid: 'e1' })] }

t.test('a key set becomes PEM keys with the algorithms of their type', async (t) => {
  const keys = parseJwks({ keys: [jwk(rsa, { kid: 'r' }), jwk(ec.publicKey, { kid: 'p', use: 'sig' }), jwk(ed, {})] })
  t.same(
    [...keys].map(([kid, { algorithms }]) => [kid, algorithms]),
    [
      ['r', ['RS256']],
      ['p', ['ES384']],
      ['', ['EdDSA']],
    ],
  )
  t.equal(keys.get('r')?.key, rsa.export({ type: 'spki', format: 'pem' }))
})

t.test("configuration limits a key's algorithms, and the key's own alg narrows them", async (t) => {
  const set = {
    keys: [jwk(rsa, { kid: 'any' }), jwk(rsa, { kid: 'ps', alg: 'PS256' }), jwk(ec.publicKey, { kid: 'p' })],
  }
  const algorithmsOf = (kid: string, ...args: ['RS256' | 'PS256', 'RS256' | 'PS256'] | []) =>
    parseJwks(set, args.length > 0 ? args : undefined).get(kid)?.algorithms
  t.same(algorithmsOf('ps'), ['PS256'])
  t.same(algorithmsOf('any', 'RS256', 'PS256'), ['RS256', 'PS256'])
  t.same(algorithmsOf('ps', 'RS256', 'PS256'), ['PS256'])
  t.equal(algorithmsOf('ps', 'RS256', 'RS256'), undefined, 'never more than configured')
  t.equal(algorithmsOf('p', 'RS256', 'PS256'), undefined, 'fits none')
})

t.test('keys that cannot verify are passed over', async (t) => {
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey
  const secp256k1 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey
  const useless: unknown[] = [
    { kty: 'oct', kid: 'secret', k: Buffer.alloc(32).toString('base64url'), alg: 'HS256' },
    jwk(ec.privateKey, { kid: 'private' }),
    jwk(rsa, { kid: 'encryption', use: 'enc' }),
    jwk(rsa, { kid: 'wrapping', key_ops: ['wrapKey'] }),
    jwk(rsa, { kid: 'hmac', alg: 'HS256' }),
    jwk(rsa, { kid: 'none', alg: 'none' }),
    jwk(small, { kid: 'small' }),
    jwk(secp256k1, { kid: 'curve' }),
    { kty: 'RSA', kid: 'broken', n: 1, e: 'AQAB' },
    { kty: 'XYZ', kid: 'unknown' },
    null,
    'key',
  ]
  t.same([...parseJwks({ keys: [...useless, jwk(rsa, { kid: 'good', key_ops: ['verify'] })] }).keys()], ['good'])
  t.throws(() => parseJwks({ keys: useless }), /no usable key/)
})

t.test('the first of two keys with one kid counts', async (t) => {
  const keys = parseJwks({ keys: [jwk(rsa, { kid: 'k' }), jwk(ed, { kid: 'k' })] })
  t.same(keys.get('k')?.algorithms, ['RS256'])
})

t.test('what is not a key set is refused', async (t) => {
  for (const json of [null, [], 'x', {}, { keys: {} }, { keys: [] }, { keys: Array(101).fill(jwk(rsa, {})) }]) {
    t.throws(() => parseJwks(json))
  }
})

/** Keys served from `answers`, one after another, the last one again and again; an Error is a failure. */
function setUp(answers: unknown[], options: Partial<JwksOptions> = {}) {
  const seen = { fetches: 0, errors: [] as Error[], nowMs: 0 }
  const jwks = openJwks({
    source: URL_OF_KEYS,
    refreshMs: 3_600_000,
    clock: { nowMs: () => seen.nowMs, wallMs: () => 0 },
    onError: (error) => seen.errors.push(error),
    fetchJson: async () => {
      const answer = answers[Math.min(seen.fetches++, answers.length - 1)]
      if (answer instanceof Error) throw answer
      return answer
    },
    ...options,
  })
  return { jwks, seen }
}

/** All that was already under way has happened. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

t.test('keys are there after the first attempt', async (t) => {
  const { jwks } = setUp([RSA_SET])
  t.teardown(() => jwks.close())
  t.equal(jwks.ready, false)
  await jwks.firstAttempt
  t.equal(jwks.ready, true)
  t.ok(jwks.keys().has('r1'))
})

t.test('with the source down at start there are no keys, it says so, and tries again soon', async (t) => {
  const { jwks, seen } = setUp([new Error('down'), RSA_SET], { refreshMs: 5 })
  t.teardown(() => jwks.close())
  await jwks.firstAttempt
  t.equal(jwks.ready, false)
  t.equal(jwksKeySource(jwks).isReady(), false)
  t.match(seen.errors, [{ message: 'down' }])
  await until(() => jwks.ready)
})

t.test('the last good keys stay when a refresh fails or brings nonsense', async (t) => {
  const { jwks, seen } = setUp([RSA_SET, new Error('down'), { keys: [] }, 'nonsense', new Error('still down')], {
    refreshMs: 2,
  })
  t.teardown(() => jwks.close())
  await until(() => seen.errors.length >= 4)
  t.ok(jwks.keys().has('r1'))
  t.equal(jwks.ready, true)
})

t.test('a refresh brings new keys and lets old ones go', async (t) => {
  const { jwks } = setUp([RSA_SET, ED_SET], { refreshMs: 2 })
  t.teardown(() => jwks.close())
  await until(() => jwks.keys().has('e1'))
  t.notOk(jwks.keys().has('r1'))
})

t.test('unknown kids cause one fetch per 30 s at most, whoever asks', async (t) => {
  const { jwks, seen } = setUp([RSA_SET, RSA_SET, ED_SET])
  t.teardown(() => jwks.close())
  await jwks.firstAttempt
  const source = jwksKeySource(jwks)
  for (let i = 0; i < 1000; i++) t.equal(source.find(`no-${i}`), undefined)
  await settle()
  t.equal(seen.fetches, 2)
  seen.nowMs = 29_999
  source.find('e1')
  await settle()
  t.equal(seen.fetches, 2)
  seen.nowMs = 30_000
  source.find('e1')
  await settle()
  t.equal(seen.fetches, 3)
  t.ok(source.find('e1'), 'a rotated key is found')
  t.equal(seen.fetches, 3)
})

t.test('a token without kid is served only where there is nothing to choose', async (t) => {
  const one = setUp([RSA_SET])
  const two = setUp([{ keys: [...RSA_SET.keys, ...ED_SET.keys] }])
  t.teardown(() => one.jwks.close())
  t.teardown(() => two.jwks.close())
  await Promise.all([one.jwks.firstAttempt, two.jwks.firstAttempt])
  t.same(jwksKeySource(one.jwks).find(undefined)?.algorithms, ['RS256'])
  t.equal(jwksKeySource(two.jwks).find(undefined), undefined)
  await settle()
  t.equal(two.seen.fetches, 1, 'and is no reason to fetch')
})

t.test('after close nothing is fetched, and what was under way is no error', async (t) => {
  const seen: { signal?: AbortSignal } = {}
  const { jwks, seen: counts } = setUp([], {
    fetchJson: (_url, signal) => {
      seen.signal = signal
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))))
    },
  })
  jwks.close()
  await jwks.firstAttempt
  t.equal(seen.signal?.aborted, true)
  jwks.noteUnknownKid()
  t.same(counts.errors, [])
  t.equal(jwks.ready, false)
})

t.test('keys are read from a file by path and by URL, and a file that is gone is an error', async (t) => {
  const dir = t.testdir()
  const path = join(dir, 'jwks.json')
  await writeFile(path, JSON.stringify(RSA_SET))
  for (const source of [path, pathToFileURL(path)]) {
    const { jwks } = setUp([], { source })
    await jwks.firstAttempt
    t.ok(jwks.keys().has('r1'))
    jwks.close()
  }
  const { jwks, seen } = setUp([], { source: join(dir, 'absent.json') })
  await jwks.firstAttempt
  jwks.close()
  t.match(seen.errors, [{ code: 'ENOENT' }])
})

async function serve(t: Test, listener: RequestListener): Promise<URL> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`)
}

t.test('JSON is fetched over HTTP', async (t) => {
  const url = await serve(t, (_request, response) => response.end(JSON.stringify(RSA_SET)))
  t.same(await fetchJson(url, AbortSignal.timeout(PATIENCE_MS)), RSA_SET)
})

t.test('an error status, a redirect, an endless answer and no JSON are failures', async (t) => {
  const listeners: RequestListener[] = [
    (_request, response) => response.writeHead(500).end('{}'),
    (_request, response) => response.writeHead(302, { location: '/elsewhere' }).end(),
    (_request, response) => response.end('{'),
    (_request, response) => response.end('1'.repeat(1024 * 1024 + 1)),
  ]
  for (const listener of listeners)
    await t.rejects(fetchJson(await serve(t, listener), AbortSignal.timeout(PATIENCE_MS)))
})
