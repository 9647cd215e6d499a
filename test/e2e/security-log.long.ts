/** What the log says of security, of a real server, and what it never says. */
import { io } from 'socket.io-client'
import t from 'tap'
import { openClient, TestClient, type OpenOptions } from '../helpers/client.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { metric, until } from '../bad-input/support.ts'

type Line = Readonly<Record<string, unknown>>

function linesOf(server: TestServer, security: string): readonly Line[] {
  return server.logs().filter((line) => line['security'] === security)
}

async function oneLine(server: TestServer, security: string): Promise<Line> {
  await until(() => linesOf(server, security).length > 0)
  return linesOf(server, security)[0] ?? {}
}

/** An upgrade that is refused. */
async function refused(server: TestServer, options: OpenOptions): Promise<void> {
  await new TestClient(server.wsUrl, options).opened.catch(() => {})
}

const PRIVATE = '/core/game/v1/real-time/private'

t.test('refused handshakes, admin tokens and keys have lines; tokens, keys and payloads have none', async (t) => {
  const server = await startServer(t, { AUTH_QUERY_TOKEN: 'true' })
  const expired = server.mint('alice', { exp: 1_000_000_000 })
  const forged = `${server.mint('alice').slice(0, -6)}AAAAAA`

  await t.test('tokens and origins', async (t) => {
    await refused(server, { path: 'private', query: { token: forged } })
    t.match(await oneLine(server, 'token_invalid'), {
      address: '127.0.0.1',
      path: PRIVATE,
      level: 40,
      part: 'security',
    })
    await refused(server, { token: expired })
    t.match(await oneLine(server, 'token_expired'), { address: '127.0.0.1', path: PRIVATE })
    await refused(server, { path: 'private' })
    t.match(await oneLine(server, 'auth_required'), { address: '127.0.0.1' })
    await refused(server, { ws: { origin: 'https://evil.example' } })
    const named = `https://evil.example may not connect.*${server.url.replace('http://', '')}`
    const compared = { origin: 'https://evil.example', reason: new RegExp(named) }
    t.match(await oneLine(server, 'origin_forbidden'), compared, 'what was compared with what')
  })

  await t.test('fresh tokens on a socket', async (t) => {
    const before = linesOf(server, 'token_invalid').length
    const client = await openClient(server, { token: server.mint('carol') })
    t.match(await client.request('core.game.session.refresh', { token: forged }), { error: { code: 'TOKEN_INVALID' } })
    await until(() => linesOf(server, 'token_invalid').length > before)
    t.match(linesOf(server, 'token_invalid').at(-1), { user: 'carol', path: 'core.game.session.refresh' })
    client.send({ eventType: 'core.game.session.refresh', payload: { token: server.mint('alice') } })
    t.match(await client.closed, { code: 4501 })
    t.match(await oneLine(server, 'token_of_another'), { user: 'carol', address: '127.0.0.1' })
  })

  await t.test('a Socket.IO client', async (t) => {
    const before = linesOf(server, 'token_invalid').length
    const socket = io(server.url, { path: PRIVATE, auth: { token: forged }, reconnection: false })
    t.teardown(() => socket.disconnect())
    await until(() => linesOf(server, 'token_invalid').length > before)
    t.match(linesOf(server, 'token_invalid').at(-1), { address: '127.0.0.1', path: `${PRIVATE}/` })
  })

  await t.test('the admin token', async (t) => {
    const headers = { authorization: 'Bearer guessed-token-one' }
    await fetch(`${server.url}/api/v1/config?secret=in-the-query`, { headers })
    t.match(await oneLine(server, 'admin_token_invalid'), { address: '127.0.0.1', path: '/api/v1/config' })
    t.equal(await metric(server, 'drumbeat_security_events_total', 'admin_token_invalid'), 1)
  })

  await t.test('idempotency keys, on a socket and by REST', async (t) => {
    const client = await openClient(server, { token: server.mint('alice') })
    const key = 'the-key-of-a-purchase'
    const credit = { currency: 'gold', idempotency_key: key }
    await server.admin('POST', '/api/v1/players/alice/credit', { ...credit, amount: 1000 })
    await t.rejects(server.admin('POST', '/api/v1/players/alice/credit', { ...credit, amount: 2 }), /IDEMPOTENCY/)
    t.match(await oneLine(server, 'idempotency_conflict'), { path: '/api/v1/players/alice/credit' })
    const buy = (count: number) =>
      client.request('core.game.state.buy_good', { good_id: 'sword', count, idempotency_key: key })
    t.match(await buy(1), { success: true })
    t.match(await buy(2), { error: { code: 'IDEMPOTENCY_CONFLICT' } })
    await until(() => linesOf(server, 'idempotency_conflict').length > 1)
    const line = linesOf(server, 'idempotency_conflict')[1]
    t.match(line, { user: 'alice', address: '127.0.0.1', path: 'core.game.state.buy_good' })
    await client.request('core.game.state.broadcast', { message: 'a-payload-nobody-may-see' })
    await client.close()
  })

  const output = server.output()
  for (const secret of [forged, expired, forged.split('.')[1] ?? '', 'guessed-token-one', 'the-key-of-a-purchase']) {
    t.notOk(output.includes(secret), 'a secret is not in the log')
  }
  t.notMatch(output, /in-the-query|a-payload-nobody-may-see/)
  t.ok(!output.includes(server.adminToken))
})

t.test('connections that are closed for what they send', async (t) => {
  const server = await startServer(t, { WORKERS: '1', RATE_MESSAGES: '1' })
  const pinging = await openClient(server)
  for (let i = 0; i < 10; i++) pinging.ws.ping()
  t.match(await pinging.closed, { code: 4004 })
  t.match(await oneLine(server, 'rate_limit_closed'), { user: pinging.userId, address: '127.0.0.1' })
  t.ok((await metric(server, 'drumbeat_rate_limited_total', 'pings')) > 0)

  const noisy = await openClient(server)
  for (let i = 0; i < 6; i++) noisy.send({ eventType: 'core.game.session.ping', payload: {} })
  await noisy.next((frame) => JSON.stringify(frame).includes('RATE_LIMITED'))
  t.ok((await metric(server, 'drumbeat_rate_limited_total', 'frames')) > 0)
  noisy.terminate()

  const polite = await openClient(server)
  polite.ws.close(4004)
  await polite.closed
  await until(async () => (await metric(server, 'drumbeat_connections')) === 0)
  t.equal(linesOf(server, 'rate_limit_closed').length, 1, 'a client that says so itself is no event')
})

t.test('a connection closed for bad requests', async (t) => {
  const server = await startServer(t, { WORKERS: '1' })
  const bad = await openClient(server)
  for (let i = 0; i < 5; i++) bad.sendBytes('{')
  t.match(await bad.closed, { code: 4500 })
  t.match(await oneLine(server, 'bad_requests_closed'), { user: bad.userId })
})

t.test('limits per address and per user, and a flood that does not fill the disk', async (t) => {
  const server = await startServer(t, {
    WORKERS: '1',
    CONNECT_RATE_PER_ADDRESS: '1',
    HTTP_RATE_PER_ADDRESS: '1',
    TRUSTED_PROXIES: '127.0.0.1',
    MAX_CONNECTIONS_PER_USER: '1',
  })
  const from = (address: string): OpenOptions => ({ ws: { headers: { 'x-forwarded-for': address } } })
  for (let i = 0; i < 5; i++) await new TestClient(server.wsUrl, from('192.0.2.7')).opened.catch(() => {})
  t.match(await oneLine(server, 'connect_limited'), { address: '192.0.2.7' })

  const token = server.mint('bob')
  const first = await openClient(server, { token, ...from('192.0.2.8') })
  t.match(await new TestClient(server.wsUrl, { token, ...from('192.0.2.9') }).closed, { code: 4504 })
  t.match(await oneLine(server, 'connection_limit'), { user: 'bob', address: '192.0.2.9' })
  first.terminate()

  const ask = () => fetch(`${server.url}/api/v1/config`, { headers: { 'x-forwarded-for': '192.0.2.10' } })
  for (let i = 0; i < 200; i++) await (await ask()).text()
  t.match(await oneLine(server, 'http_limited'), { address: '192.0.2.10', path: '/api/v1/config' })
  t.ok(linesOf(server, 'http_limited').length < 20, 'most were left out')
  await until(() => linesOf(server, 'left_out').length > 0)
  t.ok(Number(linesOf(server, 'left_out')[0]?.['lines']) > 100, 'and counted')
})
