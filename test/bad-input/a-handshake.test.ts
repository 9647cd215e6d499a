/** Bad handshakes, against a real server over real sockets. */
import { once } from 'node:events'
import t from 'tap'
import { openClient, TestClient, type UpgradeRefused } from '../helpers/client.ts'
import { promisedMs } from '../helpers/promised.ts'
import { RawConnection, requestHead, sendRaw, WEBSOCKET_KEY, type HeadOptions } from '../helpers/raw.ts'
import { startServer } from '../helpers/server.ts'
import { metric, shown, stayedUp, until, upgradeAnswer } from './support.ts'

// Those that wait do it at the same time.
t.jobs = 8
const PREFIX = '/core/game/v1/real-time'
const PROXY = '127.0.0.9'
const DROP_MS_MAX = 13_000 // 10 s, and uWS looks every 4 s

const server = await startServer(t, {
  ALLOWED_ORIGINS: 'https://play.example.com',
  TRUSTED_PROXIES: PROXY,
})

/** `400 BAD_REQUEST`; without a code where uWS answers by itself; `closed` without an answer. */
async function answer(options: HeadOptions, body = ''): Promise<string> {
  const response = await sendRaw(server, requestHead(options) + body)
  if (!response) return 'closed'
  const [, code = ''] = /"code":"(\w+)"/.exec(response.body) ?? []
  return `${response.status} ${code}`.trim()
}

t.test('what is no version 13 upgrade is told to upgrade', async (t) => {
  t.equal(await answer({}), '101', 'the head that the others differ from')
  for (const name of ['upgrade', 'connection', 'sec-websocket-version']) {
    t.equal(await answer({ headers: { [name]: undefined } }), '426 BAD_REQUEST', `no ${name}`)
  }
  const keyOnly = { upgrade: undefined, connection: undefined, 'sec-websocket-version': undefined }
  t.equal(await answer({ headers: keyOnly }), '426 BAD_REQUEST', 'a key, and nothing else')
  for (const version of ['8', '13, 8', '8, 13', '14', '013', '']) {
    t.equal(await answer({ headers: { 'sec-websocket-version': version } }), '426 BAD_REQUEST', version)
  }
  const response = await sendRaw(server, requestHead({ headers: { upgrade: undefined } }))
  t.match(response?.headers, { upgrade: 'websocket', 'sec-websocket-version': '13' })
})

t.test('a key that is not base64 of 16 bytes is refused', async (t) => {
  const bad = {
    '23 characters': WEBSOCKET_KEY.slice(0, 23),
    '25 characters': `${WEBSOCKET_KEY}=`,
    'no base64': `!${WEBSOCKET_KEY.slice(1)}`,
    'bits left over': WEBSOCKET_KEY.replace('Q==', 'R=='),
    '17 bytes': Buffer.alloc(17).toString('base64'),
    '15 bytes': Buffer.alloc(15).toString('base64'),
    none: undefined,
  }
  for (const [name, key] of Object.entries(bad)) {
    t.equal(await answer({ headers: { 'sec-websocket-key': key } }), '400 BAD_REQUEST', name)
  }
})

t.test('other methods are refused with the one that is allowed', async (t) => {
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'get', 'BREW']) {
    const response = await sendRaw(server, requestHead({ method }))
    t.match(response, { status: 405, headers: { allow: 'GET' }, body: /METHOD_NOT_ALLOWED/ }, method)
  }
  const connection = new RawConnection(server.port)
  connection.write(requestHead({ method: 'HEAD', headers: { connection: 'close' } }))
  await connection.closed
  t.match(connection.received.toString(), /^HTTP\/1\.1 405 .*\r\nallow: GET\r\n.*\r\n\r\n$/s, 'and HEAD has no body')
})

t.test('other paths are not found, whatever they would mean decoded', async (t) => {
  const ends = ['secret', 'private/x', 'private/', '%70rivate', 'Private', 'PUBLIC', '../real-time/public', '.', '']
  const paths = ends.map((end) => `${PREFIX}/${end}`)
  paths.push('/core/../core/game/v1/real-time/public', `/${PREFIX}/public`, PREFIX, '/core/game/v1/real-time%2Fpublic')
  for (const path of paths) t.equal(await answer({ path }), '404 NOT_FOUND', path)
})

t.test('a head that is too large or that two readers may read in two ways is refused', async (t) => {
  // uWS answers these itself: the head never reaches us.
  t.equal(await answer({ headers: { 'x-filler': 'x'.repeat(16_384) } }), '431', 'over 16 KiB')
  t.equal(await answer({ headers: { 'x-filler': 'x'.repeat(100_000) } }), '431', 'over 100 KB')
  const lines = Array.from({ length: 96 }, (_, i) => `x-${i}: 1`)
  t.equal(await answer({ lines }), '431', '101 headers')
  t.equal(await answer({ headers: { host: undefined } }), '400', 'no Host')
  t.equal(await answer({ lines: ['Transfer-Encoding: chunked', 'Content-Length: 5'] }, '0\r\n\r\n'), '400')
  for (const version of ['1.0', '0.9', '2.0', '1.2']) t.equal(await answer({ version }), '505', version)

  t.equal(await answer({ headers: { host: '' } }), '400 BAD_REQUEST', 'an empty Host')
  t.equal(await answer({ lines: ['Host: 127.0.0.1'] }), '400 BAD_REQUEST', 'two Hosts, the same')
  t.equal(await answer({ lines: ['Host: evil.example.com'] }), '400 BAD_REQUEST', 'two Hosts')
  t.equal(await answer({ lines: ['Content-Length: 0', 'Content-Length: 5'] }, 'hello'), '400 BAD_REQUEST')
  t.equal(await answer({ lines: ['Content-Length: 5'] }, 'hello'), '400 BAD_REQUEST', 'a body')
  t.equal(await answer({ lines: ['Transfer-Encoding: identity'] }), '400 BAD_REQUEST')
})

/** A request whose head has this many bytes, in cookies. */
function headOf(bytes: number, options: HeadOptions = {}): string {
  const withCookies = (text: string) => requestHead({ ...options, headers: { ...options.headers, cookie: text } })
  return withCookies('x'.repeat(bytes - withCookies('').length))
}

t.test('a head may be as large as HTTP_HEAD_BYTES says, on every path', async (t) => {
  const small = await startServer(t, { HTTP_HEAD_BYTES: '5KiB' })
  for (const [name, { port }, limit] of [
    ['the default', server, 16_384],
    ['a setting', small, 5 * 1024],
  ] as const) {
    const statusOf = async (bytes: number, options?: HeadOptions) =>
      (await sendRaw({ port }, headOf(bytes, options)))?.status
    const plain = { path: '/health', headers: { upgrade: undefined, 'sec-websocket-key': undefined } }
    const polling = { ...plain, path: `${PREFIX}/public/?EIO=4&transport=polling` }
    t.equal(await statusOf(limit), 101, `${name}: an upgrade`)
    t.equal(await statusOf(limit, plain), 200, `${name}: a request`)
    t.equal(await statusOf(limit, polling), 200, `${name}: a poll of Socket.IO`)
    for (const options of [{}, plain, polling]) {
      const connection = new RawConnection(port)
      connection.write(headOf(limit + 1, options))
      await connection.closed
      const received = connection.received.toString()
      // uWS writes this answer itself, and closes the connection behind it.
      t.match(received, /^HTTP\/1\.1 431 .*\r\nConnection: close\r\n\r\n.*Too Large/s, `${name}: one byte more`)
    }
  }
})

t.test('the same for other paths, and what follows such a head is not read as a request', async (t) => {
  const authorization = `Bearer ${server.adminToken}`
  const body = '{"namespace":"private","message":1}'
  const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
  const post = (...lines: string[]): HeadOptions => ({
    method: 'POST',
    path: '/api/v1/broadcast',
    headers: { authorization, upgrade: undefined },
    lines,
  })
  t.equal(await answer(post('Transfer-Encoding: chunked'), chunked), '200', 'this is how it is done')
  for (const coding of ['identity', 'gzip, chunked', 'xchunked', 'chunked, chunked']) {
    t.equal(await answer(post(`Transfer-Encoding: ${coding}`), chunked), '400 BAD_REQUEST', coding)
  }
  const smuggled = 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n'
  const head = requestHead(post('Content-Length: 0', `Content-Length: ${smuggled.length}`))
  for (const inOnePacket of [true, false]) {
    const connection = new RawConnection(server.port)
    connection.write(inOnePacket ? head + smuggled : head)
    if (!inOnePacket) t.match(await connection.response(), { status: 400, headers: { connection: 'close' } })
    connection.write(smuggled)
    await connection.closed
    t.notMatch(connection.received.toString(), /200 OK/, 'the connection is closed')
  }
})

t.test(
  'CR, LF, NUL and other breaks of the header syntax never reach a handler: the connection is dropped',
  async (t) => {
    const lines = ['x-bad: a\rb', 'x-bad: a\nb', 'x-bad: a\0b', 'x-bad : b', 'x\x01bad: b', 'no colon', ' folded: b']
    const openBefore = await metric(server, 'drumbeat_connections')
    const dropped = lines.map(async (line) => {
      const connection = new RawConnection(server.port)
      connection.write(requestHead({ lines: [line] }))
      promisedMs(t, await connection.closed, DROP_MS_MAX, 'dropped')
      // uWS takes the head for one that has not come to its end.
      t.equal(connection.received.length, 0, shown(line))
    })
    await Promise.all(dropped)
    t.ok((await metric(server, 'drumbeat_connections')) <= openBefore)
  },
)

t.test('who sends a header byte a second, or none, is dropped; the same for a body', async (t) => {
  const filler = 'x'.repeat(1000)
  const head = requestHead({ lines: [`x-filler: ${filler}`] })
  const post = requestHead({
    method: 'POST',
    path: '/api/v1/broadcast',
    headers: { upgrade: undefined, authorization: `Bearer ${server.adminToken}` },
    lines: ['Content-Length: 1000'],
  })
  const firstLine = head.indexOf('\r\n') + 2
  // What is sent at once, and what of it a byte a second.
  const slowly = [
    [head.slice(0, firstLine), head.slice(firstLine)],
    [head.slice(0, 200), head.slice(200)],
    [post, filler],
  ] as const
  const connections = [...slowly, ['', ''], ...slowly.map(([begun]) => [begun, ''] as const)].map(([begun, rest]) => {
    const connection = new RawConnection(server.port)
    connection.write(begun)
    let at = 0
    const timer = setInterval(() => connection.write(rest.slice(at, ++at)), 1000)
    void connection.closed.then(() => clearInterval(timer))
    return connection
  })
  for (const connection of connections) {
    promisedMs(t, await connection.closed, DROP_MS_MAX, 'dropped')
    t.equal(connection.received.length, 0, 'without an answer')
  }
})

t.test('connections that are reset during the handshake leave nothing behind', async (t) => {
  const token = server.mint('resetter')
  const head = requestHead({ path: `${PREFIX}/private`, headers: { authorization: `Bearer ${token}` } })
  for (let i = 0; i < 100; i++) {
    const connection = new RawConnection(server.port)
    await once(connection.socket, 'connect')
    connection.write(i % 2 === 0 ? head : head.slice(0, i * 3))
    if (i % 3 === 0) await new Promise((resolve) => setImmediate(resolve))
    connection.reset()
  }
  const mine = async () => {
    const { items } = (await server.admin('GET', '/api/v1/connections?limit=1000')) as { items: { user_id: string }[] }
    return items.filter(({ user_id }) => user_id === 'resetter').length
  }
  await until(async () => (await mine()) === 0 && (await metric(server, 'drumbeat_connections', 'private')) === 0)
  t.pass('all are gone')
})

t.test('pages of other origins may not connect, and who is no browser may', async (t) => {
  const bad = {
    'not listed': 'https://evil.example.com',
    null: 'null',
    'as a suffix': 'https://evil-play.example.com',
    'as a prefix': 'https://play.example.com.evil.com',
    'another port': 'https://play.example.com:8443',
    'another scheme': 'http://play.example.com',
    'with a path': 'https://play.example.com/',
    'with a user': 'https://play.example.com@evil.com',
    'two of them': 'https://play.example.com, https://evil.com',
  }
  for (const [name, origin] of Object.entries(bad)) {
    t.equal(await upgradeAnswer(server, { ws: { origin } }), '403 ORIGIN_FORBIDDEN', name)
  }
  t.equal(await upgradeAnswer(server, { ws: { origin: 'https://play.example.com' } }), '101')
  t.equal(await upgradeAnswer(server, { ws: { origin: server.url } }), '101', "the server's own")
  t.equal(await upgradeAnswer(server, { token: server.mint('alice') }), '101', 'a token and no Origin')
})

t.test('subprotocols: unknown ones only are refused, a known one among them is taken', async (t) => {
  t.equal(await upgradeAnswer(server, { protocols: ['chat', 'game.v2.json'] }), '400 BAD_REQUEST')
  const client = await openClient(server, { protocols: ['chat', 'game.v1.json'] })
  t.equal(client.ws.protocol, 'game.v1.json')
  await client.close()
})

t.test('compression is not taken up', async (t) => {
  const client = await openClient(server, { ws: { perMessageDeflate: true } })
  t.equal(client.ws.extensions, '')
  await client.close()
})

t.test('X-Forwarded-For counts from a trusted proxy only', async (t) => {
  const headers = { 'x-forwarded-for': '203.0.113.77' }
  const direct = await openClient(server, { token: server.mint('direct'), ws: { headers } })
  const proxied = await openClient(server, { token: server.mint('proxied'), ws: { headers, localAddress: PROXY } })
  const { items } = (await server.admin('GET', '/api/v1/connections?limit=1000')) as {
    items: { user_id: string; address: string }[]
  }
  const addressOf = (user: string) => items.find(({ user_id }) => user_id === user)?.address
  t.equal(addressOf('direct'), '127.0.0.1')
  t.equal(addressOf('proxied'), '203.0.113.77')
  await Promise.all([direct.close(), proxied.close()])
})

t.test('limits per address, user and namespace', async (t) => {
  const limited = await startServer(t, {
    MAX_CONNECTIONS_PER_ADDRESS: '4',
    MAX_CONNECTIONS_PER_USER: '2',
    MAX_CONNECTIONS_PER_NAMESPACE: '6',
    CONNECT_RATE_PER_ADDRESS: '5',
  })
  const from = (localAddress: string) => ({ ws: { localAddress } })
  const open = (localAddress: string, token?: string) =>
    openClient(limited, { ...from(localAddress), ...(token === undefined ? {} : { token }) })

  const token = limited.mint('alice')
  const twice = [await open('127.0.1.1', token), await open('127.0.1.1', token)]
  const third = new TestClient(limited.wsUrl, { ...from('127.0.1.1'), token })
  t.match(await third.closed, { code: 4504 }, 'a user')

  const four = [...twice, await open('127.0.1.1'), await open('127.0.1.1')]
  const refusedAddress = await t.rejects(open('127.0.1.1'), { status: 429, code: 'RATE_LIMITED' }, 'an address')
  t.match((refusedAddress as unknown as UpgradeRefused).headers['retry-after'], /^[1-9]\d*$/)
  const other = await open('127.0.1.2')
  t.equal(other.isClosed, false, 'another address')

  const guests = [other, await open('127.0.1.2'), await open('127.0.1.3'), await open('127.0.1.3')]
  const refused = await t.rejects(open('127.0.1.4'), { status: 503, code: 'OVERLOADED' }, 'a namespace')
  t.match((refused as unknown as UpgradeRefused).headers['retry-after'], /^[1-9]\d*$/)
  t.equal(await upgradeAnswer(limited, { ...from('127.0.1.4'), token: limited.mint('bob') }), '101', 'the other one')

  await Promise.all([...four, ...guests].map((client) => client.close()))
  await until(async () => (await upgradeAnswer(limited, from('127.0.1.1'))) === '101')
  t.pass('room again once they are gone')

  const answers = new Set<string>()
  for (let i = 0; i < 60; i++) answers.add(await upgradeAnswer(limited, from('127.0.1.5')))
  t.strictSame([...answers].sort(), ['101', '429 RATE_LIMITED'], 'attempts per second, which both workers count')
  await stayedUp(t, limited)
})

t.test('a server that is going down refuses with 503, and finishes the purchases it was asked for', async (t) => {
  const leaving = await startServer(t, { RATE_PURCHASES: '10000', RATE_MESSAGES: '10000', RATE_BYTES: '64MiB' })
  const buyer = await openClient(leaving, { token: leaving.mint('buyer') })
  await leaving.admin('POST', '/api/v1/players/buyer/credit', {
    currency: 'gold',
    amount: 1_000_000,
    idempotency_key: 'the-money-to-buy-with',
  })
  const count = 300
  for (let i = 0; i < count; i++) {
    buyer.send({ id: `b${i}`, eventType: 'core.game.state.buy_good', payload: { good_id: 'potion', count: 1 } })
  }
  await buyer.request('core.game.session.ping', {}) // which the worker answers by itself: it has them all
  const stopped = leaving.stop()
  await buyer.next(({ eventType }) => eventType === 'core.game.session.draining')
  const refused = await t.rejects(openClient(leaving), { status: 503, code: 'DRAINING' })
  t.match((refused as unknown as UpgradeRefused).headers['retry-after'], /^[1-9]\d*$/)
  const { headers } = await fetch(`${leaving.url}/health`)
  t.equal(headers.get('connection'), 'close', 'no further request is sent on a connection that ends with the server')
  t.match(await buyer.closed, { code: 4000, reason: /^\{"retry_after_ms":\d+\}$/ })
  const bought = buyer.frames.filter(({ replyTo, success }) => String(replyTo).startsWith('b') && success === true)
  t.equal(bought.length, count)
  await stopped
})

t.test('after all of that the server is as it was', { buffered: false }, async (t) => stayedUp(t, server))
