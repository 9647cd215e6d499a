import t from 'tap'
import { WebSocket as PackageWebSocket } from 'ws'
import { connect, GameClient, type StatusChange, type TokenReason } from '../../../src/client/index.ts'
import { metric } from '../../bad-input/support.ts'
import { openClient } from '../../helpers/client.ts'
import { PATIENCE_MS } from '../../helpers/patience.ts'
import { startServer } from '../../helpers/server.ts'
import { until } from '../../helpers/until.ts'
import { hear, heardAll, openSpeaker, ROOM, upTo } from './numbers.ts'

const FAST = { baseMs: 20, maxMs: 100 }

t.test('401 is final for a token that will not change', async (t) => {
  const server = await startServer(t, { WORKERS: '1' })
  const options = { url: server.url, namespace: 'private', reconnect: FAST }
  await t.rejects(connect(options), { code: 'AUTH_REQUIRED' })
  await t.rejects(connect({ ...options, token: () => '' }), { code: 'AUTH_REQUIRED' })
  await t.rejects(connect({ ...options, token: () => undefined as never }), { code: 'AUTH_REQUIRED' })
  const token = server.mint('alice', { exp: Math.floor(Date.now() / 1000) - 3600 })
  await t.rejects(connect({ ...options, token }), { code: 'TOKEN_EXPIRED' })
  const reasons: TokenReason[] = []
  const callback = (reason: TokenReason) => {
    reasons.push(reason)
    return token
  }
  await t.rejects(connect({ ...options, token: callback }), {
    code: 'TOKEN_EXPIRED',
    message: /gave the same one again/,
  })
  t.strictSame(reasons, ['connect', 'expired'])
  const renewed = await connect({
    ...options,
    token: (reason) => (reason === 'expired' ? server.mint('alice') : token),
  })
  t.equal(renewed.session?.user_id, 'alice')
  renewed.close()
})

t.test('a handshake that is refused with 403 comes to nothing, and says so', async (t) => {
  const server = await startServer(t, { WORKERS: '1' })
  class Foreign extends PackageWebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols, { origin: 'https://elsewhere.example' })
    }
  }
  // The question why carries no Origin in Node: all that is known is that it does not open.
  const client = new GameClient({
    url: server.url,
    namespace: 'public',
    WebSocket: Foreign,
    reconnect: { ...FAST, attemptsMax: 2 },
  })
  await t.rejects(client.connect(), { code: 'UNAVAILABLE' })
  t.match(client.statusChange, { status: 'closed', error: { code: 'UNAVAILABLE' } })
})

t.test('429 and 503 are waited out for as long as they say', async (t) => {
  const server = await startServer(t, { WORKERS: '1', CONNECT_RATE_PER_ADDRESS: '1' })
  const clients = upTo(5).map(() => new GameClient({ url: server.url, namespace: 'public', reconnect: FAST }))
  t.teardown(() => clients.forEach((client) => client.close()))
  await Promise.all(clients.map((client) => client.connect()))
  t.ok(clients.every(({ status }) => status === 'ready'))

  const full = await startServer(t, { WORKERS: '1', MAX_CONNECTIONS_PER_NAMESPACE: '1' })
  const first = await openClient(full)
  const second = new GameClient({ url: full.url, namespace: 'public', reconnect: FAST, connectTimeoutMs: PATIENCE_MS })
  t.teardown(() => second.close())
  const connecting = second.connect()
  t.ok(await until(async () => (await metric(full, 'drumbeat_handshakes_total', 'OVERLOADED')) > 0))
  t.equal(second.status, 'connecting')
  await first.close()
  await connecting
  t.equal(second.status, 'ready')
})

t.test('a token is refreshed before it expires, on the same connection', async (t) => {
  const server = await startServer(t, { WORKERS: '1', AUTH_CLOCK_SKEW: '0s', AUTH_EXPIRY_GRACE: '0s' })
  const speaker = await openSpeaker(t, server)
  const reasons: TokenReason[] = []
  const changes: StatusChange[] = []
  const game = await connect({
    url: server.url,
    namespace: 'private',
    token: (reason) => {
      reasons.push(reason)
      return server.mint('alice', { exp: Math.floor(Date.now() / 1000) + 4 })
    },
  })
  t.teardown(() => game.close())
  game.on('status', (change) => changes.push(change))
  await game.join(ROOM)
  const heard = hear(game)
  await speaker.say(100, 80)
  await heardAll(heard, 100)
  t.strictSame(heard, upTo(100))
  t.strictSame(changes, [], 'the connection outlived its first token')
  t.ok(reasons.length >= 3 && reasons.slice(1).every((reason) => reason === 'expired'), reasons.join())
})

t.test('where refreshing fails the server closes with 4002, and a fresh token resumes', async (t) => {
  const server = await startServer(t, { WORKERS: '1', AUTH_CLOCK_SKEW: '0s', AUTH_EXPIRY_GRACE: '0s' })
  const speaker = await openSpeaker(t, server)
  let isDown = false
  const game = await connect({
    url: server.url,
    namespace: 'private',
    reconnect: FAST,
    token: () => {
      if (isDown) throw new Error('the token service is down')
      return server.mint('alice', { exp: Math.floor(Date.now() / 1000) + 3 })
    },
  })
  t.teardown(() => game.close())
  await game.join(ROOM)
  const heard = hear(game)
  isDown = true
  const changes: StatusChange[] = []
  game.on('status', (change) => {
    changes.push(change)
    if (changes.length > 2) isDown = false
  })
  await speaker.say(50, 100)
  await until(() => game.status === 'ready')
  await heardAll(heard, 50)
  t.strictSame(heard, upTo(50))
  t.match(changes[0], { status: 'reconnecting', code: 4002 })
  t.match(
    changes.find(({ status }) => status === 'ready'),
    { recovered: true },
  )
})
