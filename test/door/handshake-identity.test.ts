import t from 'tap'
import { Refusal } from '../../src/protocol/errors.ts'
import type { Namespace, UserId } from '../../src/protocol/ids.ts'
import type { RequestHead } from '../../src/door/handshake.ts'
import { mintToken } from '../../src/auth/token.ts'
import {
  accepted,
  answer,
  BEARER,
  EXPIRED,
  GUEST,
  head,
  type Header,
  HOST,
  NOW_MS,
  PEER,
  PREFIX,
  PRIVATE,
  privately,
  PROXY,
  SECRET,
  setUp,
  TOKEN,
} from './fixtures/handshake.ts'

t.test('a token on a guest path changes nothing, however bad it is', async (t) => {
  for (const value of [`Bearer ${TOKEN}`, 'Bearer garbage', 'Bearer', `Bearer ${EXPIRED}`, 'Basic YTpi', '']) {
    t.match(accepted(t, head({ add: [['authorization', value]] })), { userId: /^guest-/, expiresAtMs: null }, value)
  }
  t.match(accepted(t, head({ add: [['x-user-id', 'alice']], remoteAddress: PROXY })), { userId: /^guest-/ })
})

t.test('a token is taken from the header, else from a subprotocol, else from the query where allowed', async (t) => {
  const bob = mintToken({ secret: SECRET, sub: 'bob', nowMs: NOW_MS })
  const carol = mintToken({ secret: SECRET, sub: 'carol', nowMs: NOW_MS })
  const { handshake: open } = setUp({ allowQueryToken: true })
  const entry: Header = ['sec-websocket-protocol', `game.v1.json, bearer.${bob}`]
  const query = `token=${carol}`
  t.equal(accepted(t, privately({ add: [BEARER, entry], query }), open).userId, 'alice')
  t.equal(accepted(t, privately({ add: [entry], query }), open).userId, 'bob')
  t.equal(accepted(t, privately({ query }), open).userId, 'carol')
  t.equal(answer(privately({ query })), '401 AUTH_REQUIRED', 'not allowed by default')
  t.equal(accepted(t, privately({ add: [['authorization', `bEARER  ${TOKEN}`]] })).userId, 'alice')
  t.equal(accepted(t, privately({ add: [['authorization', 'Basic YTpi'], entry] })).userId, 'bob', 'Basic is no token')
  t.equal(answer(privately({ query: `${query}&${query}` }), open), '400 BAD_REQUEST')
})

t.test('a player without a good token is refused with the scheme to use', async (t) => {
  const { handshake: open } = setUp({ allowQueryToken: true })
  const cases: [RequestHead, string][] = [
    [privately(), 'AUTH_REQUIRED'],
    [privately({ add: [['authorization', 'Bearer']] }), 'AUTH_REQUIRED'],
    [privately({ add: [['authorization', 'Basic YTpi']] }), 'AUTH_REQUIRED'],
    [privately({ add: [['sec-websocket-protocol', 'bearer.']] }), 'AUTH_REQUIRED'],
    [privately({ query: 'token=' }), 'AUTH_REQUIRED'],
    [privately({ add: [['authorization', 'Bearer x']] }), 'TOKEN_INVALID'],
    [privately({ add: [['authorization', `Bearer ${TOKEN} x`]] }), 'TOKEN_INVALID'],
    [privately({ add: [['authorization', 'Bearer x']], query: `token=${TOKEN}` }), 'TOKEN_INVALID'],
    [privately({ add: [['authorization', `Bearer ${EXPIRED}`]] }), 'TOKEN_EXPIRED'],
  ]
  for (const [request, code] of cases) {
    const headers = { 'www-authenticate': 'Bearer' }
    t.match(open(request), { kind: 'refuse', status: 401, refusal: { code }, headers }, code)
  }
})

t.test('while there are no keys a player is told to come back', async (t) => {
  const verifyToken = () => {
    throw new Refusal('UNAVAILABLE', 'no keys yet', { retry_after_ms: 5000 })
  }
  const { handshake } = setUp({ verifyToken })
  t.match(handshake(privately({ add: [BEARER] })), { status: 503, headers: { 'retry-after': '5' } })
})

t.test("X-User-ID counts from a trusted proxy's socket only, and only where configured", async (t) => {
  const { handshake: trusting } = setUp({ allowTrustedHeader: true })
  const named = (value: string, remoteAddress = PROXY) => privately({ add: [['x-user-id', value]], remoteAddress })
  t.match(accepted(t, named('alice'), trusting), { userId: 'alice', expiresAtMs: null })
  t.equal(answer(named('alice')), '401 AUTH_REQUIRED', 'not configured')
  t.equal(answer(named('alice', PEER), trusting), '401 AUTH_REQUIRED', 'not from the proxy')
  const spoofed = privately({
    add: [
      ['x-user-id', 'alice'],
      ['x-forwarded-for', PROXY],
    ],
    remoteAddress: PEER,
  })
  t.equal(answer(spoofed, trusting), '401 AUTH_REQUIRED', 'a header does not make a proxy')
  for (const id of ['', 'a/b', 'guest-1', 'a'.repeat(65), 'a, b']) {
    t.equal(answer(named(id), trusting), '401 TOKEN_INVALID', id)
  }
  const twice = privately({
    add: [
      ['x-user-id', 'alice'],
      ['x-user-id', 'bob'],
    ],
    remoteAddress: PROXY,
  })
  t.equal(answer(twice, trusting), '400 BAD_REQUEST', 'twice')
  const bad = privately({
    add: [
      ['x-user-id', 'alice'],
      ['authorization', 'Bearer x'],
    ],
    remoteAddress: PROXY,
  })
  t.equal(answer(bad, trusting), '401 TOKEN_INVALID', 'a bad token is not passed over')
})

t.test("nobody takes a guest's id by token or header", async (t) => {
  const userId = 'guest-1' as UserId
  const { handshake } = setUp({ readResumeToken: () => ({ userId, namespace: GUEST }), allowTrustedHeader: true })
  const request = privately({ add: [['x-user-id', userId]], remoteAddress: PROXY, query: 'resume=x' })
  t.equal(answer(request, handshake), '401 TOKEN_INVALID')
})

t.test('pages of other origins are refused, on every path', async (t) => {
  const refused = ['null', '', 'https://evil.net', 'https://play.example.com.evil.net', 'https://evil-play.example.com']
  for (const origin of [
    ...refused,
    'https://play.example.com:8443',
    'http://play.example.com',
    'https://play.example.com/',
  ]) {
    t.equal(answer(head({ add: [['origin', origin]] })), '403 ORIGIN_FORBIDDEN', origin)
    t.equal(answer(privately({ add: [BEARER, ['origin', origin]] })), '403 ORIGIN_FORBIDDEN', `${origin} with a token`)
  }
})

t.test('listed origins, the own one, and clients that send none are allowed', async (t) => {
  for (const origin of [
    'https://play.example.com',
    'https://PLAY.example.com:443',
    `http://${HOST}`,
    `https://${HOST}`,
  ]) {
    t.equal(answer(head({ add: [['origin', origin]] })), 'accepted', origin)
  }
  t.equal(answer(head()), 'accepted', 'a guest without Origin')
  t.equal(answer(privately({ add: [BEARER] })), 'accepted', 'a token without Origin')
  t.equal(
    answer(head({ add: [['origin', 'https://anywhere.example']] }), setUp({ allowedOrigins: ['*'] }).handshake),
    'accepted',
  )
})

t.test('X-Forwarded-For counts from a trusted proxy only', async (t) => {
  const from = (remoteAddress: string, forwardedFor: string) =>
    accepted(t, head({ remoteAddress, add: [['x-forwarded-for', forwardedFor]] }))
  t.match(from(PEER, '1.2.3.4'), { address: PEER, addressKey: PEER })
  t.match(from(PROXY, '6.6.6.6, 2001:DB8:0:0:5::1'), { address: '2001:db8::5:0:0:1', addressKey: '2001:db8::/64' })
  t.match(
    from('0000:0000:0000:0000:0000:ffff:0a00:0001', '1.2.3.4'),
    { address: '1.2.3.4' },
    'the proxy in mapped form',
  )
  t.match(from('', '1.2.3.4'), { address: 'unknown', addressKey: 'unknown' }, 'a peer that is gone')
})

t.test('limits are asked for the client behind the proxy, and for its namespace', async (t) => {
  const asked: unknown[] = []
  const admission = { check: (...args: unknown[]) => void asked.push(args) }
  const { handshake } = setUp({ admission })
  handshake(head({ remoteAddress: PROXY, add: [['x-forwarded-for', '2001:db8::1']] }))
  handshake(privately())
  handshake(head({ path: `${PREFIX}/x` }))
  t.same(asked, [
    ['2001:db8::/64', GUEST],
    [PEER, PRIVATE],
  ])
})

t.test('a refusal for now says when to come back, in the body and in the header', async (t) => {
  const { handshake, admission } = setUp({})
  for (let i = 0; i < 1000; i++) handshake(head())
  const check = (status: number, code: string) => {
    const result = handshake(head())
    if (result.kind !== 'refuse') throw new Error('not refused')
    t.match(result, { status, refusal: { code } })
    t.match(result.headers['retry-after'], /^[1-9]\d*$/)
    const { retryable, details } = result.refusal.toBody()
    t.equal(retryable, true)
    t.equal(result.headers['retry-after'], String(Math.ceil(Number(details?.['retry_after_ms']) / 1000)))
  }
  check(429, 'RATE_LIMITED')
  admission.setDraining(true)
  check(503, 'DRAINING')
})

t.test('a flood is turned away before a token is verified for it', async (t) => {
  let verified = 0
  const verifyToken = () => {
    verified++
    return { userId: 'alice' as UserId, expiresAtMs: 0, tokenKey: { key: '', algorithms: [] } }
  }
  const { handshake, admission } = setUp({ verifyToken })
  admission.setAddressFull(PEER, true)
  t.equal(answer(privately({ add: [BEARER] }), handshake), '429 RATE_LIMITED')
  t.equal(verified, 0)
})

t.test('a guest keeps its id across a resume, and gets nobody else’s', async (t) => {
  const known: Record<string, { userId: UserId; namespace: Namespace }> = {
    own: { userId: 'guest-before' as UserId, namespace: GUEST },
    player: { userId: 'alice' as UserId, namespace: GUEST },
    elsewhere: { userId: 'guest-before' as UserId, namespace: PRIVATE },
  }
  const { handshake } = setUp({ readResumeToken: (token) => known[token], newGuestId: () => 'guest-new' })
  const idFor = (token: string) => accepted(t, head({ query: `resume=${token}` }), handshake).userId
  t.equal(idFor('own'), 'guest-before')
  t.equal(idFor('player'), 'guest-new')
  t.equal(idFor('elsewhere'), 'guest-new')
  t.equal(idFor('bad'), 'guest-new')
  t.equal(accepted(t, head({ query: 'resume=own' })).userId.startsWith('guest-'), true, 'also where none can be read')
})
