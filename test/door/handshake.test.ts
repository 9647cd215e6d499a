import t from 'tap'
import type { RequestHead } from '../../src/door/handshake.ts'
import {
  accepted,
  answer,
  BEARER,
  EXPIRED,
  GUEST,
  handshake,
  head,
  type Header,
  HOST,
  KEY,
  NOW_MS,
  PEER,
  PREFIX,
  PRIVATE,
  privately,
  setUp,
  TOKEN,
  UPGRADE,
} from './fixtures/handshake.ts'

t.test('a player is accepted with a token, and the answer has all that a socket needs', async (t) => {
  const request = privately({
    add: [BEARER, ['sec-websocket-protocol', 'game.v1.msgpack']],
  })
  t.match(accepted(t, request), {
    kind: 'accept',
    access: 'private',
    namespace: PRIVATE,
    userId: 'alice',
    encoding: 'msgpack',
    subprotocol: 'game.v1.msgpack',
    key: KEY,
    expiresAtMs: NOW_MS + 3_600_000,
    address: PEER,
    addressKey: PEER,
    resume: null,
  })
})

t.test('a guest is accepted on both paths without a token, each with an id of its own', async (t) => {
  const first = accepted(t, head({ path: `${PREFIX}/public` }))
  const second = accepted(t, head({ path: `${PREFIX}/guest` }))
  t.match(first, {
    access: 'guest',
    namespace: GUEST,
    userId: /^guest-/,
    expiresAtMs: null,
    subprotocol: '',
    encoding: 'json',
  })
  t.not(first.userId, second.userId)
})

t.test('only the three paths are there, byte for byte', async (t) => {
  const wrong = [
    '/secret',
    '/private/x',
    '/private/',
    '/%70rivate',
    '/Private',
    '/PRIVATE',
    '/../real-time/private',
    '',
    '/',
  ]
  const paths = [...wrong.map((end) => PREFIX + end), '', '/', '/private', `/core/../core/game/v1/real-time/private`]
  for (const path of [...paths, `/${PREFIX}/private`, `${PREFIX.toUpperCase()}/private`, `${PREFIX}//private`]) {
    t.equal(answer(head({ path, add: [BEARER] })), '404 NOT_FOUND', path)
    t.equal(answer(head({ path, method: 'POST' })), '404 NOT_FOUND', `POST ${path}`)
  }
})

t.test('other methods are refused with the one that is allowed', async (t) => {
  for (const method of ['POST', 'PUT', 'HEAD', 'DELETE', 'OPTIONS', 'get', 'CONNECT']) {
    const result = handshake(privately({ method, add: [BEARER] }))
    t.match(
      result,
      { kind: 'refuse', status: 405, refusal: { code: 'METHOD_NOT_ALLOWED' }, headers: { allow: 'GET' } },
      method,
    )
  }
})

t.test('what is not a version 13 upgrade gets 426 with what would be one', async (t) => {
  const requests: Record<string, RequestHead> = {
    'no Upgrade': head({ without: ['upgrade'] }),
    'no Connection': head({ without: ['connection'] }),
    'a key but neither': head({ without: ['upgrade', 'connection'] }),
    'nothing at all': head({ headers: [['host', HOST]] }),
    'another Upgrade': head({ add: [['upgrade', 'h2c']] }),
    'Connection: keep-alive': head({ add: [['connection', 'keep-alive']] }),
    'Connection: upgrader': head({ add: [['connection', 'upgrader']] }),
    'version 8': head({ add: [['sec-websocket-version', '8']] }),
    'no version': head({ without: ['sec-websocket-version'] }),
    'version 13, 8': head({ add: [['sec-websocket-version', '13, 8']] }),
    'versions 13 and 8': head({
      add: [
        ['sec-websocket-version', '13'],
        ['sec-websocket-version', '8'],
      ],
    }),
    'version 013': head({ add: [['sec-websocket-version', '013']] }),
    'private, with a token': privately({ without: ['upgrade'], add: [BEARER] }),
  }
  for (const [what, request] of Object.entries(requests)) {
    const headers = { upgrade: 'websocket', 'sec-websocket-version': '13' }
    t.match(handshake(request), { kind: 'refuse', status: 426, refusal: { code: 'BAD_REQUEST' }, headers }, what)
  }
})

t.test('Upgrade and Connection may be written in other ways that mean the same', async (t) => {
  t.equal(answer(head({ add: [['upgrade', 'WebSocket']] })), 'accepted')
  t.equal(answer(head({ add: [['connection', 'keep-alive, Upgrade']] })), 'accepted')
  t.equal(
    answer(
      head({
        add: [
          ['connection', 'keep-alive'],
          ['connection', 'UPGRADE'],
        ],
      }),
    ),
    'accepted',
  )
})

t.test('without Upgrade the answer is what an upgrade would be refused with', async (t) => {
  const { handshake, admission } = setUp()
  const plain = (parts: Parameters<typeof head>[0]) => privately({ without: ['upgrade', 'connection'], ...parts })
  t.equal(answer(plain({}), handshake), '401 AUTH_REQUIRED')
  t.equal(answer(plain({ add: [['authorization', `Bearer ${EXPIRED}`]] }), handshake), '401 TOKEN_EXPIRED')
  t.equal(answer(plain({ add: [['origin', 'https://evil.net']] }), handshake), '403 ORIGIN_FORBIDDEN')
  t.equal(answer(plain({ path: `${PREFIX}/x` }), handshake), '404 NOT_FOUND')
  t.equal(answer(plain({ method: 'POST' }), handshake), '405 METHOD_NOT_ALLOWED')
  t.equal(answer(plain({ add: [BEARER] }), handshake), '426 BAD_REQUEST')
  admission.setNamespaceFull(PRIVATE, true)
  t.equal(answer(plain({ add: [BEARER] }), handshake), '503 OVERLOADED')
  admission.setAddressFull(PEER, true)
  t.equal(answer(plain({ add: [BEARER] }), handshake), '429 RATE_LIMITED')
  admission.setDraining(true)
  t.equal(answer(plain({ add: [BEARER] }), handshake), '503 DRAINING')
})

t.test('a key that is not base64 of 16 bytes is refused', async (t) => {
  const wrong = [
    KEY.slice(1),
    `${KEY}=`,
    `A${KEY}`,
    KEY.slice(0, -2),
    'AAAAAAAAAAAAAAAAAAAAAB==',
    `${KEY.slice(0, 21)}-==`,
    '',
    'x',
  ]
  for (const key of [
    ...wrong,
    `${KEY.slice(0, -1)} `,
    Buffer.alloc(15).toString('base64'),
    Buffer.alloc(17).toString('base64'),
  ]) {
    t.equal(answer(head({ add: [['sec-websocket-key', key]] })), '400 BAD_REQUEST', key)
  }
  t.equal(answer(head({ without: ['sec-websocket-key'] })), '400 BAD_REQUEST', 'absent')
  t.equal(
    answer(
      head({
        add: [
          ['sec-websocket-key', KEY],
          ['sec-websocket-key', KEY],
        ],
      }),
    ),
    '400 BAD_REQUEST',
    'twice',
  )
  for (const fill of [0, 85, 170, 255]) {
    t.equal(answer(head({ add: [['sec-websocket-key', Buffer.alloc(16, fill).toString('base64')]] })), 'accepted')
  }
})

t.test('a head that two readers could read in two ways is refused', async (t) => {
  const cases: Record<string, RequestHead> = {
    'no Host': head({ without: ['host'] }),
    'two Hosts': head({
      add: [
        ['host', HOST],
        ['host', 'other.example'],
      ],
    }),
    'the same Host twice': head({
      add: [
        ['host', HOST],
        ['host', HOST],
      ],
    }),
    'an empty Host': head({ add: [['host', '']] }),
    'a Host with a path': head({ add: [['host', 'a/b']] }),
    'a Host with user': head({ add: [['host', 'a@b']] }),
    'Content-Lengths that differ': head({
      add: [
        ['content-length', '0'],
        ['content-length', '5'],
      ],
    }),
    'Content-Lengths that differ in one line': head({ add: [['content-length', '0, 5']] }),
    'Content-Lengths that differ on POST': head({
      method: 'POST',
      add: [
        ['content-length', '1'],
        ['content-length', '2'],
      ],
    }),
    'a body': head({ add: [['content-length', '5']] }),
    'a length that is none': head({ add: [['content-length', '-0']] }),
    'Transfer-Encoding: chunked': head({ add: [['transfer-encoding', 'chunked']] }),
    'Transfer-Encoding: identity': head({ add: [['transfer-encoding', 'identity']] }),
    'an empty Transfer-Encoding': head({ add: [['transfer-encoding', '']] }),
    'CR in a value': head({ add: [['x-a', 'a\rb']] }),
    'LF in a value': head({ add: [['x-a', 'a\nb']] }),
    'NUL in a value': head({ add: [['x-a', 'a\0b']] }),
    'two Origins': head({
      add: [
        ['origin', 'https://play.example.com'],
        ['origin', 'https://evil.net'],
      ],
    }),
    'two Authorizations': privately({ add: [BEARER, ['authorization', 'Bearer x']] }),
  }
  for (const [what, request] of Object.entries(cases)) t.equal(answer(request), '400 BAD_REQUEST', what)
  t.equal(answer(head({ add: [['content-length', '0']] })), 'accepted', 'Content-Length: 0 says nothing')
})

t.test('a head of more than 100 headers is refused', async (t) => {
  const filled = (count: number): Header[] => Array.from({ length: count }, (_, i) => [`x-${i}`, ''])
  t.equal(answer(head({ add: filled(100 - UPGRADE.length) })), 'accepted', '100 headers')
  t.equal(answer(head({ add: filled(101 - UPGRADE.length) })), '400 BAD_REQUEST', '101 headers')
})

t.test('the subprotocol chooses the encoding', async (t) => {
  const cases: [offered: string[], encoding: string, echoed: string][] = [
    [[], 'json', ''],
    [[''], 'json', ''],
    [['game.v1.json'], 'json', 'game.v1.json'],
    [['game.v1.msgpack'], 'msgpack', 'game.v1.msgpack'],
    [['game.v1.msgpack, game.v1.json'], 'msgpack', 'game.v1.msgpack'],
    [['game.v1.json,game.v1.msgpack'], 'json', 'game.v1.json'],
    [['game.v9, game.v1.msgpack'], 'msgpack', 'game.v1.msgpack'],
    [['game.v9', 'game.v1.msgpack'], 'msgpack', 'game.v1.msgpack'],
    [[`bearer.${TOKEN}, game.v1.msgpack`], 'msgpack', 'game.v1.msgpack'],
    [[`bearer.${TOKEN}`], 'json', ''],
  ]
  for (const [offered, encoding, subprotocol] of cases) {
    const add = offered.map((value): Header => ['sec-websocket-protocol', value])
    t.match(accepted(t, head({ add })), { encoding, subprotocol }, offered.join(' | '))
  }
})

t.test('only unknown subprotocols are refused', async (t) => {
  for (const value of ['game.v2.json', 'GAME.V1.JSON', 'graphql-ws, mqtt', `bearer.${TOKEN}, mqtt`]) {
    t.equal(answer(head({ add: [['sec-websocket-protocol', value]] })), '400 BAD_REQUEST', value)
  }
})

t.test('an offer of compression is let pass and not taken up', async (t) => {
  const result = accepted(
    t,
    head({ add: [['sec-websocket-extensions', 'permessage-deflate; client_max_window_bits']] }),
  )
  t.notMatch(JSON.stringify(result), /deflate/)
})

t.test('what a client wants to resume is passed on as given', async (t) => {
  const cases: [query: string, resume: unknown][] = [
    ['', null],
    ['since=e7:1&rooms=a', null],
    [
      'resume=abc.def&since=e7:41&rooms=arena-1,arena-2',
      { token: 'abc.def', since: 'e7:41', rooms: ['arena-1', 'arena-2'] },
    ],
    ['resume=abc.def&since=e7%3A41&rooms=a%2Cb', { token: 'abc.def', since: 'e7:41', rooms: ['a', 'b'] }],
    ['resume=abc', { token: 'abc', since: '', rooms: null }],
    ['resume=&since=nonsense&rooms=,,a,', { token: '', since: 'nonsense', rooms: ['a'] }],
    ['resume=%00&rooms=a/b&other=1&other=2', { token: '\0', since: '', rooms: ['a/b'] }],
    ['resume=%E0%A4%A&=&&%', { token: '\uFFFD%A', since: '', rooms: null }],
  ]
  for (const [query, resume] of cases) t.same(accepted(t, head({ query })).resume, resume, query)
  t.match(accepted(t, privately({ query: 'resume=x', add: [BEARER] })), { userId: 'alice', resume: { token: 'x' } })
  t.equal(answer(head({ query: 'resume=a&resume=b' })), '400 BAD_REQUEST')
})

t.test('a defect is not dressed up as a refusal', async (t) => {
  const verifyToken = () => {
    throw new TypeError('defect')
  }
  t.throws(() => setUp({ verifyToken }).handshake(privately({ add: [BEARER] })), { message: 'defect' })
  t.throws(() => setUp({ newGuestId: () => 'alice' }).handshake(head()), /guest/)
})

t.test('20,000 mutated handshakes get an answer each, and a player only with the whole token', async (t) => {
  let seed = 1
  const random = (max: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return Math.floor((seed / 2 ** 32) * max)
  }
  const bits = [
    '\0',
    '\r\n',
    ',',
    ' ',
    '%',
    '=',
    '.',
    'é',
    '😀',
    '-',
    ':',
    '/',
    'A',
    '13',
    'bearer.',
    '"',
    ';',
    '\uD800',
  ]
  const mutate = (text: string) => {
    const at = random(text.length + 1)
    return text.slice(0, at) + bits[random(bits.length)] + text.slice(at + random(3))
  }
  const base = privately({ query: 'resume=a.b&since=e1:2&rooms=a,b', add: [BEARER, ['origin', `https://${HOST}`]] })
  const statuses = new Map<number, number>()
  const { handshake } = setUp({ admission: { check: () => undefined }, allowQueryToken: true })
  for (let i = 0; i < 20_000; i++) {
    const target = random(base.headers.length + 3)
    const headers = base.headers.map(([name, value], j): Header =>
      j === target ? [name, mutate(value)] : [name, value],
    )
    if (random(10) === 0) headers.splice(random(headers.length), 1)
    const path = target === base.headers.length ? mutate(base.path) : base.path
    const query = target === base.headers.length + 1 ? mutate(base.query) : base.query
    const result = handshake({ ...base, headers, path, query })
    const status = result.kind === 'refuse' ? result.status : 101
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    if (result.kind === 'accept' && result.userId !== 'alice') t.fail(`accepted as ${result.userId}`)
  }
  for (const status of [101, 400, 401, 403, 404, 426]) t.ok((statuses.get(status) ?? 0) > 0, `some ${status}`)
  t.equal(statuses.size, 6)
})
