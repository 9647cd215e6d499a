/** Bad tokens, against real servers: one with a shared secret, one with a public key, one with a key set. */
import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { openClient } from '../helpers/client.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { codeOf, shown, stayedUp, until, upgradeAnswer } from './support.ts'

t.jobs = 4
const SECRET = 'the secret of this test, longer than thirty-two bytes'
const YEAR_S = 365 * 86_400
const now = () => Math.floor(Date.now() / 1000)
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const publicPem = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString()

type Fields = Readonly<Record<string, unknown>>
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A token, signed with HS256 where a secret is given, else with RS256. */
function token(claims: Fields = {}, header: Fields = {}, secret?: string): string {
  const alg = secret === undefined ? 'RS256' : 'HS256'
  const standard = { sub: 'alice', exp: now() + 3600, iss: 'https://login.example.com', aud: 'drumbeat' }
  const signed = `${encode({ alg, typ: 'JWT', ...header })}.${encode({ ...standard, ...claims })}`
  const signature =
    secret === undefined
      ? sign('sha256', Buffer.from(signed), rsa.privateKey)
      : createHmac('sha256', secret).update(signed).digest()
  return `${signed}.${signature.toString('base64url')}`
}

const hmac = (claims: Fields = {}, header: Fields = {}) => token(claims, header, SECRET)
const refused = (server: TestServer, bad: string) => upgradeAnswer(server, { token: bad, path: 'private' })

const folder = t.testdir({ 'key.pem': publicPem })
const [secretServer, keyServer] = await Promise.all([
  startServer(t, {
    AUTH_JWT_SECRET: SECRET,
    AUTH_ISSUER: 'https://login.example.com',
    AUTH_AUDIENCE: 'drumbeat',
  }),
  startServer(t, {
    AUTH_JWT_SECRET: '',
    AUTH_JWT_PUBLIC_KEY_FILE: join(folder, 'key.pem'),
    AUTH_CLOCK_SKEW: '0s',
    AUTH_EXPIRY_GRACE: '0s',
  }),
])

t.test('without a token nobody is a player', async (t) => {
  const open = (options: Parameters<typeof upgradeAnswer>[1]) =>
    upgradeAnswer(secretServer, { path: 'private', ...options })
  t.equal(await open({ token: hmac() }), '101', 'the token that the others differ from')
  t.equal(await open({}), '401 AUTH_REQUIRED')
  t.equal(await open({ ws: { headers: { authorization: 'Basic YWxpY2U6c2VjcmV0' } } }), '401 AUTH_REQUIRED', 'Basic')
  t.equal(await open({ ws: { headers: { authorization: 'Bearer' } } }), '401 AUTH_REQUIRED', 'an empty one')
  t.equal(await open({ query: { token: hmac() } }), '401 AUTH_REQUIRED', '?token= is off')
  t.equal(await open({ ws: { headers: { 'x-user-id': 'alice' } } }), '401 AUTH_REQUIRED', 'no trusted proxy')
  t.equal(await open({ protocols: ['game.v1.json', `bearer.${hmac({ exp: 1 })}`] }), '401 TOKEN_EXPIRED')

  const client = await openClient(secretServer, { path: 'private', protocols: [`bearer.${hmac()}`, 'game.v1.json'] })
  t.equal(client.ws.protocol, 'game.v1.json', 'a token among the subprotocols is taken, and not echoed')
  await client.close()
})

t.test('signatures that are none, or not by this key, are not accepted', async (t) => {
  const [header = '', claims = '', signature = ''] = hmac().split('.')
  const bad = {
    'alg none': `${encode({ alg: 'none', typ: 'JWT' })}.${claims}.`,
    'alg None, signed': `${encode({ alg: 'None', typ: 'JWT' })}.${claims}.${signature}`,
    'no signature': `${header}.${claims}.`,
    'other claims': `${header}.${encode({ sub: 'bob', exp: now() + 60 })}.${signature}`,
    'another secret': token({}, {}, 'another secret that is longer than thirty-two bytes'),
    'RS256 where a secret is configured': token(),
    'HS512 where HS256 is configured': hmac({}, { alg: 'HS512' }),
    'four segments': `${hmac()}.e30`,
    'two segments': `${header}.${claims}`,
    'padded base64url': `${header}=.${claims}.${signature}`,
    'no base64url': `${header}.${claims}!.${signature}`,
    'a header that is no JSON': `${Buffer.from('{').toString('base64url')}.${claims}.${signature}`,
    'a header that is an array': `${encode([])}.${claims}.${signature}`,
    'over 2 KB': hmac({ padding: 'x'.repeat(1500) }),
    garbage: 'x',
  }
  for (const [name, one] of Object.entries(bad)) t.equal(await refused(secretServer, one), '401 TOKEN_INVALID', name)
  t.equal(await refused(keyServer, token()), '101')
  t.equal(await refused(keyServer, token({}, {}, publicPem)), '401 TOKEN_INVALID', 'HS256 with the public key')
  t.equal(await refused(keyServer, token({}, {}, publicPem.trim())), '401 TOKEN_INVALID', 'the same, trimmed')
})

t.test('a token may be as large as AUTH_TOKEN_BYTES_MAX says, by header and by subprotocol', async (t) => {
  const server = await startServer(t, { AUTH_JWT_SECRET: SECRET, AUTH_TOKEN_BYTES_MAX: '8KiB' })
  const sized = (bytes: number) => hmac({ padding: 'x'.repeat(Math.floor(((bytes - hmac().length) * 3) / 4) - 20) })
  const large = sized(8192)
  t.ok(large.length > 8000 && large.length <= 8192, `${large.length} bytes`)
  t.equal(await refused(server, large), '101')
  const client = await openClient(server, { token: large })
  t.equal(codeOf(await client.request('core.game.session.refresh', { token: large })), 'ok', 'a refresh')
  await client.close()
  t.equal(await refused(server, sized(8400)), '401 TOKEN_INVALID')
})

t.test('a token may not choose its key', async (t) => {
  const url = 'https://evil.example.com/keys.json'
  const jwk = rsa.publicKey.export({ format: 'jwk' })
  const headers = [{ jku: url }, { x5u: url }, { x5c: ['x'] }, { jwk }, { crit: ['exp'] }, { crit: [] }]
  const kids = ['../../dev/null', '/etc/passwd', '', ['n1'], { $ne: 1 }, 7, null, "' OR 1=1 --\n", 'k'.repeat(300)]
  for (const header of [...headers, ...kids.map((kid) => ({ kid }))]) {
    t.equal(await refused(secretServer, hmac({}, header)), '401 TOKEN_INVALID', shown(header))
  }
  const client = await openClient(secretServer, { token: hmac() })
  const long = await client.request('core.game.session.refresh', { token: hmac({}, { kid: 'k'.repeat(10_000) }) })
  t.equal(codeOf(long), 'TOKEN_INVALID', 'a kid of 10 KB, which no request head could hold')
  await client.close()
})

t.test('times, issuer and audience are checked', async (t) => {
  t.equal(await refused(secretServer, hmac({ exp: now() - 61 })), '401 TOKEN_EXPIRED')
  t.equal(await refused(secretServer, hmac({ exp: now() - 20 })), '101', 'inside the skew')
  t.equal(await refused(secretServer, hmac({ nbf: now() + 20 })), '101', 'inside the skew')
  const bad: Readonly<Record<string, Fields>> = {
    'no exp': { exp: undefined },
    'exp as text': { exp: String(now() + 60) },
    'exp null': { exp: null },
    'exp ten years ahead': { exp: now() + 10 * YEAR_S },
    'exp beyond all time': { exp: 1e300 },
    'nbf ahead': { nbf: now() + 3600 },
    'nbf as text': { nbf: '0' },
    'another iss': { iss: 'https://evil.example.com' },
    'no iss': { iss: undefined },
    'another aud': { aud: 'chat' },
    'no aud': { aud: undefined },
    'other auds': { aud: ['chat', 'mail'] },
  }
  for (const [name, claims] of Object.entries(bad)) {
    t.equal(await refused(secretServer, hmac(claims)), '401 TOKEN_INVALID', name)
  }
})

t.test('a sub that is no user id is not accepted', async (t) => {
  const subs = [
    '',
    'a'.repeat(65),
    'a/b',
    'a\0b',
    'a b',
    '😀',
    'ä',
    42,
    null,
    ['alice'],
    undefined,
    'guest-alice',
    '..',
  ]
  for (const sub of subs) t.equal(await refused(secretServer, hmac({ sub })), '401 TOKEN_INVALID', shown(sub))
  t.equal(await refused(secretServer, hmac({ sub: 'a'.repeat(64) })), '101')
})

t.test('a refresh with a bad token changes nothing, and one of somebody else ends the connection', async (t) => {
  const client = await openClient(secretServer, { token: hmac() })
  const refresh = async (token: unknown) => codeOf(await client.request('core.game.session.refresh', { token }))
  t.equal(await refresh(hmac({ exp: now() - 61 })), 'TOKEN_EXPIRED')
  t.equal(await refresh(token()), 'TOKEN_INVALID')
  t.equal(await refresh(''), 'AUTH_REQUIRED')
  t.equal(await refresh(undefined), 'BAD_REQUEST')
  t.equal(await refresh(['x']), 'BAD_REQUEST')
  t.equal(await refresh(hmac({ exp: now() + 60 })), 'ok')
  t.equal(await refresh(hmac({ sub: 'bob' })), 'FORBIDDEN')
  t.match(await client.closed, { code: 4501 })

  const guest = await openClient(secretServer)
  t.equal(codeOf(await guest.request('core.game.session.refresh', { token: hmac() })), 'FORBIDDEN', 'a guest')
  await guest.close()
})

t.test('a key set that is down at the start, comes, and goes again', async (t) => {
  const keys = [{ ...rsa.publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig', alg: 'RS256' }]
  let isUp = false
  let fetches = 0
  const http = createServer((_request, response) => {
    fetches++
    response.writeHead(isUp ? 200 : 500).end(JSON.stringify({ keys }))
  }).listen(0, '127.0.0.1')
  t.teardown(() => void http.close())
  await once(http, 'listening')
  const { port } = http.address() as AddressInfo
  const server = await startServer(t, { AUTH_JWT_SECRET: '', AUTH_JWKS_URL: `http://127.0.0.1:${port}/keys.json` })
  const good = () => token({}, { kid: 'k1' })
  const ready = async () => (await fetch(`${server.url}/ready`)).status

  t.equal(await ready(), 503, 'not ready without a key')
  t.equal(await refused(server, good()), '503 UNAVAILABLE')
  t.equal(await upgradeAnswer(server, {}), '101', 'guests need none')

  isUp = true
  await until(async () => (await ready()) === 200)
  t.equal(await refused(server, good()), '101')

  isUp = false
  const before = fetches
  t.equal(await refused(server, token({}, { kid: 'new' })), '401 TOKEN_INVALID')
  await until(() => fetches > before)
  for (let i = 0; i < 30; i++) t.equal(await refused(server, token({}, { kid: `new-${i}` })), '401 TOKEN_INVALID')
  t.equal(fetches - before, 1, 'unknown kids are worth one fetch, and no more')
  t.equal(await refused(server, good()), '101', 'the last good keys stay')
  t.equal(await ready(), 200)
  await stayedUp(t, server)
})

t.test('after all of that the servers are as they were', { buffered: false }, async (t) => {
  await stayedUp(t, secretServer)
  await stayedUp(t, keyServer)
  const all = secretServer.output() + keyServer.output()
  t.notMatch(all, /eyJ[\w-]{10,}\.eyJ/, 'and no token is in their logs')
})
