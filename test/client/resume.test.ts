import t from 'tap'
import { GameClient, type Gap } from '../../src/client/index.ts'
import { connected, joined, until } from './setup.ts'

t.test('a lost connection is resumed with the token, the cursor and the rooms', async (t) => {
  const { server, client, peer, statuses } = await connected(t)
  await joined(client, peer, 'arena', 41)
  await joined(client, peer, 'lobby', 41)
  peer.event(44, 41)
  peer.event(45, 41, { room: 'arena' })
  await delivered(client, 2)
  peer.cut()
  const next = await server.accept()
  t.equal(next.query.get('resume'), 'resume-1')
  t.equal(next.query.get('since'), 'e7:45')
  t.equal(next.query.get('rooms'), 'arena,lobby')
  next.resumed({ rooms: ['arena', 'lobby'], resume_token: 'resume-2', offset: 45 })
  await until(() => client.status === 'ready')
  t.match(statuses.slice(2), [
    { status: 'reconnecting', code: 1006 },
    { status: 'ready', recovered: true },
  ])
  next.cut()
  t.equal((await server.accept()).query.get('resume'), 'resume-2')
})

t.test('a replay is delivered in order, without what was seen before, and without a gap', async (t) => {
  const { server, client, peer } = await connected(t)
  const gaps = gather<Gap>((add) => client.on('gap', add))
  const offsets = gather<number>((add) => client.on('*', (event) => add(event.offset)))
  peer.event(44, 41)
  await until(() => offsets.length === 1)
  peer.cut()
  const next = await server.accept()
  next.resumed({ replayed: 3, offset: 50 })
  next.event(44, 41)
  next.event(46, 44)
  next.event(50, 48)
  next.event(51, 50)
  await until(() => offsets.length === 4)
  t.same(offsets, [44, 46, 50, 51])
  t.same(gaps, [])
  t.equal(server.attempts, 2)
})

t.test(
  'a missing event is not passed over: the client closes with 4005 and resumes from where it was whole',
  async (t) => {
    const { server, client, peer } = await connected(t)
    const offsets = gather<number>((add) => client.on('*', (event) => add(event.offset)))
    peer.event(44, 41)
    peer.event(60, 52)
    t.match(await peer.closed, { code: 4005 })
    const next = await server.accept()
    t.equal(next.query.get('since'), 'e7:44')
    next.resumed({ replayed: 2, offset: 60 })
    next.event(52, 44)
    next.event(60, 52)
    await until(() => offsets.length === 3)
    t.same(offsets, [44, 52, 60])
  },
)

t.test('an event that comes twice is delivered once', async (t) => {
  const { client, peer } = await connected(t)
  const offsets = gather<number>((add) => client.on('*', (event) => add(event.offset)))
  peer.event(44, 41)
  peer.event(44, 41)
  peer.event(45, 44)
  await until(() => offsets.length === 2)
  t.same(offsets, [44, 45])
})

t.test('a resume that recovers nothing is told to the application, and the session goes on from there', async (t) => {
  const { server, client, peer } = await connected(t)
  await joined(client, peer, 'arena', 41)
  const gaps = gather<Gap>((add) => client.on('gap', add))
  const offsets = gather<number>((add) => client.on('*', (event) => add(event.offset)))
  peer.cut()
  const next = await server.accept()
  next.resumed({ recovered: false, reason: 'EPOCH_CHANGED', epoch: 'e8', offset: 3, rooms: ['arena'] })
  next.event(4, 3)
  await until(() => offsets.length === 1)
  t.same(gaps, [{ reason: 'EPOCH_CHANGED', rooms: ['arena'] }])
  next.cut()
  t.equal((await server.accept()).query.get('since'), 'e8:4')
})

t.test('a server that begins a new session instead of resuming is told as a gap, too', async (t) => {
  const { server, client, peer } = await connected(t)
  await joined(client, peer, 'arena', 41)
  const gaps = gather<Gap>((add) => client.on('gap', add))
  peer.cut()
  ;(await server.accept()).ready()
  await until(() => gaps.length === 1)
  t.same(gaps, [{ reason: 'SESSION_NEW', rooms: ['arena'] }], 'with the room that it joins again')
})

t.test('a room that was left is not resumed', async (t) => {
  const { server, client, peer } = await connected(t)
  await joined(client, peer, 'arena', 41)
  const leaving = client.leave('arena')
  peer.reply(await peer.receive())
  await leaving
  peer.cut()
  t.equal((await server.accept()).query.get('rooms'), '')
})

t.test('the time that a close reason gives is kept to, whatever the backoff says', async (t) => {
  const { server, peer, statuses } = await connected(t, { reconnect: { baseMs: 60_000, maxMs: 60_000 } })
  peer.close(4000, '{"retry_after_ms":30}')
  const next = await server.accept()
  t.equal(next.query.get('since'), 'e7:41')
  t.match(statuses[2], { status: 'reconnecting', code: 4000, retryInMs: 30 })
})

t.test('an expired token is replaced by a fresh one from the callback', async (t) => {
  const reasons: string[] = []
  const { server, peer } = await connected(t, { token: (reason) => `a.b.${reasons.push(reason)}` })
  peer.close(4002)
  const next = await server.accept()
  t.same(next.protocols, ['game.v1.json', 'bearer.a.b.2'])
  next.resumed()
  next.cut()
  await server.accept()
  t.same(reasons, ['connect', 'expired', 'connect'])
})

t.test('an expired token that nobody can renew ends the client', async (t) => {
  const { client, peer, statuses } = await connected(t, { token: 'a.b.c' })
  peer.close(4002)
  await until(() => client.status === 'closed')
  t.match(statuses.at(-1), { status: 'closed', code: 4002, error: { code: 'TOKEN_EXPIRED' } })
})

for (const code of [4500, 4501, 4502, 4503, 4504]) {
  t.test(`after ${code} the client does not come back`, async (t) => {
    const { server, client, peer, statuses } = await connected(t, { reconnect: { baseMs: 1, maxMs: 1 } })
    const sent = t.rejects(client.broadcast('?'), { code: 'OUTCOME_UNKNOWN' })
    await peer.receive()
    peer.close(code, 'go away')
    await sent
    await until(() => client.status === 'closed')
    t.match(statuses.at(-1), { status: 'closed', code, reason: 'go away', error: { details: { close_code: code } } })
    // Another one, which waits as long, has come back by then.
    const other = new GameClient({ url: server.url, namespace: 'public', reconnect: { baseMs: 1, maxMs: 1 } })
    t.teardown(() => other.close())
    const connecting = other.connect()
    const first = await server.accept()
    first.ready()
    await connecting
    first.cut()
    await server.accept()
    t.equal(server.attempts, 3)
  })
}

t.test('a client that may not reconnect closes when the connection is lost', async (t) => {
  const { server, client, peer, statuses } = await connected(t, { reconnect: false })
  peer.cut()
  await until(() => client.status === 'closed')
  t.match(statuses.at(-1), { status: 'closed', code: 1006, error: { code: 'UNAVAILABLE' } })
  t.equal(server.attempts, 1)
})

t.test('connections that do not last count as failed attempts', async (t) => {
  const { server, client, peer, statuses } = await connected(t, { reconnect: { baseMs: 1, maxMs: 1, attemptsMax: 2 } })
  peer.cut()
  for (let attempt = 0; attempt < 2; attempt++) {
    const next = await server.accept()
    next.resumed()
    next.cut()
  }
  await until(() => client.status === 'closed')
  t.match(statuses.at(-1), { error: { code: 'UNAVAILABLE' } })
  t.equal(server.attempts, 3)
})

t.test('a frame that cannot be read costs the connection, not the events', async (t) => {
  for (const raw of ['{', '[]', '"text"', Uint8Array.of(1, 2, 3)]) {
    const { server, peer } = await connected(t)
    peer.sendRaw(raw)
    t.match(await peer.closed, { code: 4005 })
    t.equal((await server.accept()).query.get('since'), 'e7:41')
  }
})

t.test('a server that falls silent is asked, and left when it does not answer', async (t) => {
  const { server, peer } = await connected(t, {}, { ping_interval_ms: 40 })
  const ping = await peer.receive()
  t.match(ping, { eventType: 'core.game.session.ping', payload: {} })
  peer.reply(ping, { server_time: 1 })
  t.match(await peer.receive(), { eventType: 'core.game.session.ping' }, 'an answer buys another interval')
  t.match(await peer.closed, { code: 4003 })
  t.equal((await server.accept()).query.get('resume'), 'resume-1')
})

t.test('closing while reconnecting ends it', async (t) => {
  const { server, client, peer } = await connected(t, { reconnect: { baseMs: 60_000, maxMs: 60_000 } })
  peer.cut()
  await until(() => client.status === 'reconnecting')
  client.close()
  t.equal(client.status, 'closed')
  t.equal(server.attempts, 1)
})

t.test('a handler that throws is uncaught, and the others still get the event', async (t) => {
  const { client, peer } = await connected(t)
  const uncaught = new Promise<unknown>((resolve) => {
    const listeners = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    process.once('uncaughtException', (error) => {
      for (const listener of listeners) process.on('uncaughtException', listener)
      resolve(error)
    })
  })
  const offsets = gather<number>((add) => client.on('*', (event) => add(event.offset)))
  const mistake = new Error('mine')
  client.on('core.game.state.broadcast', () => {
    throw mistake
  })
  peer.event(44, 41)
  t.equal(await uncaught, mistake)
  t.same(offsets, [44])
})

function gather<T>(subscribe: (add: (item: T) => void) => void): T[] {
  const items: T[] = []
  subscribe((item) => items.push(item))
  return items
}

function delivered(client: { on(name: '*', handler: () => void): () => void }, count: number): Promise<void> {
  return new Promise((resolve) => {
    let left = count
    client.on('*', () => --left === 0 && resolve())
  })
}
