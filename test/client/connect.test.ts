import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import t from 'tap'
import { WebSocket as PackageWebSocket } from 'ws'
import { connect, type DrumbeatError, type EventEnvelope, type WebSocketConstructor } from '../../src/client/index.ts'
import { globalWebSocket } from '../../src/client/websocket.ts'
import { ScriptedServer } from './scripted-server.ts'
import { connected, setUp, until } from './setup.ts'

/** Node's own, and that of the package `ws`, each under a name to tell them apart. */
const SOCKETS: WebSocketConstructor[] = [globalWebSocket(), class PackageSocket extends PackageWebSocket {}]

t.test('connect resolves with the session that the server names', async (t) => {
  const { client, peer, statuses } = await connected(t)
  t.equal(peer.path, '/core/game/v1/real-time/public')
  t.equal(peer.query.size, 0)
  t.same(peer.protocols, ['game.v1.json'])
  t.equal(client.status, 'ready')
  t.equal(client.session?.user_id, 'alice')
  t.match(statuses, [{ status: 'connecting' }, { status: 'ready', recovered: false }])
})

t.test('without a WebSocket connect says what to pass, and that trying again is of no use', async (t) => {
  t.intercept(globalThis, 'WebSocket', { value: undefined })
  await t.rejects(connect({ url: 'http://127.0.0.1:1', namespace: 'public' }), {
    name: 'DrumbeatError',
    code: 'BAD_REQUEST',
    retryable: false,
    message: /no global WebSocket here/,
  })
})

t.test('the path follows the URL, the prefix and the namespace', async (t) => {
  const server = await ScriptedServer.start(t)
  const url = `${server.url.replace('http', 'ws')}/proxy/`
  const connecting = connect({ url, namespace: 'private', apiPathPrefix: '/rt' })
  const peer = await server.accept()
  peer.ready()
  t.equal(peer.path, '/proxy/rt/private')
  ;(await connecting).close()
})

t.test('the token goes beside the protocol, from a string or from a callback', async (t) => {
  const { peer } = await connected(t, { token: 'a.b.c' })
  t.same(peer.protocols, ['game.v1.json', 'bearer.a.b.c'])
  const reasons: string[] = []
  const other = await connected(t, { token: async (reason) => `d.e.${reasons.push(reason)}` })
  t.same(other.peer.protocols, ['game.v1.json', 'bearer.d.e.1'])
  t.same(reasons, ['connect'])
})

t.test('msgpack carries the same objects in binary frames', async (t) => {
  const { client, peer } = await connected(t, { encoding: 'msgpack' })
  t.same(peer.protocols, ['game.v1.msgpack'])
  const sending = client.broadcast({ x: [1, 'zwei', null] })
  const request = await peer.receive()
  t.same(request.payload, { message: { x: [1, 'zwei', null] } })
  peer.reply(request, { offset: 42 })
  t.same(await sending, { offset: 42 })
})

t.test('the WebSocket of another package does as well as the global one', async (t) => {
  const { client, peer } = await connected(t, { WebSocket: PackageWebSocket })
  const pinging = client.ping()
  peer.reply(await peer.receive(), { server_time: 1_790_000_000_123 })
  t.equal(await pinging, 1_790_000_000_123)
})

for (const WebSocket of SOCKETS) {
  t.test(`events right behind ready reach handlers put on after connect (${WebSocket.name})`, async (t) => {
    const server = await ScriptedServer.start(t)
    const connecting = connect({ url: server.url, namespace: 'public', WebSocket })
    const peer = await server.accept()
    peer.ready()
    for (let offset = 42; offset < 52; offset++) peer.event(offset, offset - 1)
    const client = await connecting
    t.teardown(() => client.close())
    const offsets: number[] = []
    const last = new Promise<void>((resolve) => {
      client.on('core.game.state.broadcast', (event) => {
        if (offsets.push(event.offset) === 10) resolve()
      })
    })
    await last
    t.same(offsets, [42, 43, 44, 45, 46, 47, 48, 49, 50, 51])
  })
}

t.test('handlers get the events of their name, or of every name, until they are taken off', async (t) => {
  const { client, peer } = await connected(t)
  const texts: unknown[] = []
  const all: EventEnvelope[] = []
  const off = client.on('core.game.state.send_message', ({ payload }) => texts.push('text' in payload && payload.text))
  client.on('*', (event) => all.push(event))
  const message = { eventType: 'core.game.state.send_message', payload: { target_user_id: 'alice', text: 'hi' } }
  peer.event(42, 41, message)
  peer.event(43, 41)
  await until(() => all.length === 2)
  off()
  peer.event(44, 42, message)
  await until(() => all.length === 3)
  t.same(texts, ['hi'])
})

t.test('an error that belongs to no request comes as an event', async (t) => {
  const { client, peer } = await connected(t)
  const error = new Promise<DrumbeatError>((resolve) => void client.on('error', resolve))
  peer.send({ eventType: 'core.game.reply', success: false, error: { code: 'RATE_LIMITED', message: 'slow down' } })
  t.match(await error, { code: 'RATE_LIMITED', retryable: true })
})

for (const WebSocket of SOCKETS) {
  t.test(`a refusal that cannot change is learnt from the plain GET, and final (${WebSocket.name})`, async (t) => {
    const { server, client } = await setUp(t, { WebSocket })
    server.refusal = { status: 404, code: 'NOT_FOUND' }
    await t.rejects(client.connect(), { name: 'DrumbeatError', code: 'NOT_FOUND' })
    t.equal(client.status, 'closed')
    t.equal(server.attempts, 1)
  })
}

t.test('a refused token is final when it is a string', async (t) => {
  const { server, client } = await setUp(t, { token: 'a.b.c' })
  server.refusal = { status: 401, code: 'TOKEN_EXPIRED' }
  await t.rejects(client.connect(), { code: 'TOKEN_EXPIRED' })
  t.equal(server.attempts, 1)
})

t.test('a refused token is asked for anew, once, when it comes from a callback', async (t) => {
  const reasons: string[] = []
  const { server, client } = await setUp(t, { token: (reason) => `a.b.${reasons.push(reason)}` })
  server.refusal = { status: 401, code: 'TOKEN_EXPIRED' }
  await t.rejects(client.connect(), { code: 'TOKEN_EXPIRED' })
  t.same(reasons, ['connect', 'expired'])
})

t.test('a callback that gives the refused token again ends the client with what the server has said', async (t) => {
  const { server, client } = await setUp(t, { token: () => 'a.b.c' })
  server.refusal = { status: 401, code: 'TOKEN_INVALID' }
  await t.rejects(client.connect(), { code: 'TOKEN_INVALID', message: /the token callback gave the same one again/ })
  t.equal(server.attempts, 1)
})

t.test('a full server is asked again after the time it gave', async (t) => {
  const { server, client } = await setUp(t, { reconnect: { baseMs: 60_000, maxMs: 60_000 } })
  server.refusal = { status: 503, code: 'OVERLOADED', headers: { 'retry-after': '0' } }
  const connecting = client.connect()
  await until(() => server.questions >= 2)
  server.refusal = undefined
  ;(await server.accept()).ready()
  await connecting
  t.equal(client.status, 'ready')
})

t.test('a handshake that fails where the server would take it is tried again', async (t) => {
  const { server, client } = await setUp(t)
  const connecting = client.connect()
  ;(await server.accept()).cut()
  ;(await server.accept()).ready()
  await connecting
  t.equal(server.questions, 1)
})

t.test('a token callback that fails is tried again', async (t) => {
  let calls = 0
  const token = async () => {
    if (++calls === 1) throw new Error('the auth server naps')
    return 'a.b.c'
  }
  const { peer } = await connected(t, { token })
  t.same(peer.protocols, ['game.v1.json', 'bearer.a.b.c'])
})

t.test('a string that is no token ends the attempt at once, with an error that says so', async (t) => {
  for (const token of ['with space', 'a.b', 'a.b.c\nd', 'a.b.c.d', '<html>']) {
    const { client, statuses } = await setUp(t, { token })
    await t.rejects(client.connect(), { code: 'TOKEN_INVALID', message: /^the token is no JWT/ }, token)
    t.match(statuses.at(-1), { status: 'closed', reason: /^the token is no JWT/ })
  }
})

t.test('an empty token ends the attempt at once; a callback is asked a second time', async (t) => {
  for (const empty of ['', ' \n', null] as string[]) {
    const reasons: string[] = []
    const callback = (reason: string) => {
      reasons.push(reason)
      return empty
    }
    for (const token of [empty, callback]) {
      const { server, client } = await setUp(t, { token, reconnect: { baseMs: 1 } })
      await t.rejects(client.connect(), { code: 'AUTH_REQUIRED', message: 'the token is empty' })
      t.equal(server.questions, 0, 'the server is not asked')
    }
    t.strictSame(reasons, ['connect', 'expired'])
  }
})

t.test('white space around a token is cut off, be it a string, a callback or for a refresh', async (t) => {
  const fixed = await connected(t, { token: ' a.b.c\r\n' })
  t.same(fixed.peer.protocols, ['game.v1.json', 'bearer.a.b.c'])
  const { client, peer } = await connected(t, { token: async () => 'd.e.f\n' })
  t.same(peer.protocols, ['game.v1.json', 'bearer.d.e.f'])
  for (const token of ['g.h.i\n', undefined]) {
    const refreshed = client.refresh(token)
    const request = await peer.receive()
    t.match(request.payload, { token: token?.trim() ?? 'd.e.f' })
    peer.reply(request, { expires_at: 1 })
    await refreshed
  }
  await t.rejects(client.refresh('g h i'), { code: 'TOKEN_INVALID' })
})

const NO_TOKENS: readonly unknown[] = [
  '<html><body>502 Bad Gateway</body></html>',
  '{"error":"rate limited"}',
  '"a.b.c"',
  '',
  ' \n',
  'a.b\n.c',
  null,
  7,
  { token: 'a.b.c' },
]

t.test('what a callback gives once that is no token is a failed attempt, in reconnecting as at first', async (t) => {
  for (const answer of NO_TOKENS) {
    const answers = [answer, 'a.b.c', answer, answer, 'd.e.f']
    const { server, peer, statuses } = await connected(t, { token: async () => answers.shift() as string })
    t.same(peer.protocols, ['game.v1.json', 'bearer.a.b.c'])
    peer.cut()
    const next = await server.accept()
    t.same(next.protocols, ['game.v1.json', 'bearer.d.e.f'])
    next.resumed()
    await until(() => statuses.at(-1)?.status === 'ready')
    const reasons = statuses.flatMap((change) => (change.status === 'reconnecting' ? [change.reason] : []))
    t.match(reasons.slice(-2), [/^the token callback gave no token/, /^the token callback gave no token/])
  }
})

t.test(
  'a callback that never gives a token is named as the cause, when the attempts or the time are over',
  async (t) => {
    const token = async () => '<html>502 Bad Gateway, and a lot more of it'
    const cause = {
      code: 'UNAVAILABLE',
      message: 'the token callback gave no token, but "<html>502 Bad Gatewa"',
    }
    const bounded = await setUp(t, { token, reconnect: { baseMs: 1, attemptsMax: 2 } })
    await t.rejects(bounded.client.connect(), { code: 'UNAVAILABLE', message: /token callback.*<html>502/, cause })
    const timed = await setUp(t, { token, connectTimeoutMs: 300 })
    await t.rejects(timed.client.connect(), {
      code: 'UNAVAILABLE',
      message: /300 ms: the token callback gave no/,
      cause,
    })
  },
)

t.test('a refresh rejects with the callback as the cause, and the connection stays', async (t) => {
  const answers = ['a.b.c', '<html>', 'd.e.f']
  const { client, peer } = await connected(t, { token: async () => answers.shift() ?? '' })
  await t.rejects(client.refresh(), { code: 'UNAVAILABLE', message: /the token callback gave no token/ })
  const refreshed = client.refresh()
  peer.reply(await peer.receive(), { expires_at: 1 })
  await refreshed
  t.equal(client.status, 'ready')
})

t.test('connect gives up after its time, and says why', async (t) => {
  const { client } = await setUp(t, { url: await unusedUrl(), connectTimeoutMs: 100 })
  await t.rejects(client.connect(), { code: 'UNAVAILABLE', message: 'no session within 100 ms' })
  t.equal(client.status, 'closed')
})

t.test('a server that takes the socket and says nothing is left after the handshake time', async (t) => {
  const { server, client } = await setUp(t, { handshakeTimeoutMs: 1_000 })
  const connecting = client.connect()
  t.match(await (await server.accept()).closed, { code: 1000 })
  ;(await server.accept()).ready()
  await connecting
})

t.test('a bounded number of attempts ends with the last reason', async (t) => {
  const { client } = await setUp(t, { url: await unusedUrl(), reconnect: false })
  await t.rejects(client.connect(), { code: 'UNAVAILABLE' })
})

t.test('an aborted signal ends connecting with its reason', async (t) => {
  const reason = new Error('changed my mind')
  const controller = new AbortController()
  const { server, client } = await setUp(t, { signal: controller.signal })
  const connecting = client.connect()
  await server.accept()
  controller.abort(reason)
  await t.rejects(connecting, reason)
  t.equal(client.status, 'closed')
  const late = await setUp(t, { signal: AbortSignal.abort(reason) })
  await t.rejects(late.client.connect(), reason)
  t.equal(late.server.attempts, 0)
  t.equal(late.client.status, 'closed')
})

t.test('a signal that aborts later closes the client', async (t) => {
  const controller = new AbortController()
  const { client, peer, statuses } = await connected(t, { signal: controller.signal })
  controller.abort()
  t.equal(client.status, 'closed')
  t.match(await peer.closed, { code: 1000 })
  t.match(statuses.at(-1), { status: 'closed', reason: 'aborted' })
})

t.test('close ends the socket, and nothing comes afterwards', async (t) => {
  const { client, peer, server, statuses } = await connected(t)
  client.close()
  client.close()
  t.match(await peer.closed, { code: 1000 })
  t.match(
    statuses.map(({ status }) => status),
    ['connecting', 'ready', 'closed'],
  )
  t.equal(server.attempts, 1)
})

async function unusedUrl(): Promise<string> {
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  listener.close()
  await once(listener, 'close')
  return `http://127.0.0.1:${port}`
}
