import t from 'tap'
import { connected, joined, until } from './setup.ts'

const DRAINING = { eventType: 'core.game.session.draining', payload: { retry_after_ms: 30 } }

t.test('a draining server is served until another connection has resumed, and then let go', async (t) => {
  const { server, client, peer, statuses } = await connected(t)
  await joined(client, peer, 'arena', 41)
  const told: unknown[] = []
  client.on('core.game.session.draining', (payload) => told.push(payload))
  const offsets: number[] = []
  client.on('*', (event) => offsets.push(event.offset))
  peer.send(DRAINING)
  const next = await server.accept()
  t.same(told, [{ retry_after_ms: 30 }])
  t.equal(client.status, 'draining')
  t.equal(next.query.get('since'), 'e7:41')
  t.equal(next.query.get('rooms'), 'arena')

  const pinging = client.ping()
  peer.reply(await peer.receive(), { server_time: 1 })
  t.equal(await pinging, 1, 'the old one answers')
  peer.event(44, 41)
  peer.event(46, 44)
  await until(() => offsets.length === 2)
  next.resumed({ rooms: ['arena'], replayed: 3, offset: 50 })
  next.event(44, 41)
  next.event(46, 44)
  next.event(50, 46)
  t.match(await peer.closed, { code: 1000 })
  next.event(51, 50)
  await until(() => offsets.length === 4)
  t.same(offsets, [44, 46, 50, 51], 'what both have told is heard once')
  t.match(statuses.slice(2), [{ status: 'draining' }, { status: 'ready', recovered: true }])
})

t.test('what was asked on the old connection is waited for, and events come from the new one alone', async (t) => {
  const { server, client, peer } = await connected(t)
  const offsets: number[] = []
  client.on('*', (event) => offsets.push(event.offset))
  const slow = [client.broadcast('slow'), client.broadcast('slower')]
  const [first, second] = [await peer.receive(), await peer.receive()]
  peer.send(DRAINING)
  const next = await server.accept()
  next.resumed({ replayed: 1, offset: 44 })
  await until(() => client.status === 'ready')
  const pinging = client.ping()
  next.reply(await next.receive(), { server_time: 2 })
  t.equal(await pinging, 2, 'new requests take the new connection')
  peer.event(45, 44)
  peer.reply(first, { offset: 45 })
  t.same(await slow[0], { offset: 45 })
  next.event(44, 41)
  next.event(45, 44)
  await until(() => offsets.length === 2)
  t.same(offsets, [44, 45], 'an event of the old one does not come before those of the replay')
  peer.reply(second, { offset: 46 })
  t.same(await slow[1], { offset: 46 })
  t.match(await peer.closed, { code: 1000 })
})

t.test('a purchase that the old connection takes with it is asked for again on the new one', async (t) => {
  const { server, client, peer } = await connected(t)
  const buying = client.buyGood({ goodId: 'sword' })
  const request = await peer.receive()
  peer.send(DRAINING)
  const next = await server.accept()
  next.resumed()
  await until(() => client.status === 'ready')
  peer.cut()
  const again = await next.receive()
  t.same(again, request, 'with its key')
  next.reply(again, { purchase_id: 'p1', replayed: true })
  t.match(await buying, { purchase_id: 'p1' })
  t.equal(server.attempts, 2, 'the old one is not missed')
})

t.test('an answer that the old connection never gives holds it no longer than its timeout', async (t) => {
  const { server, client, peer } = await connected(t, { requestTimeoutMs: 300 })
  const lost = t.rejects(client.broadcast('?'), { code: 'OUTCOME_UNKNOWN' })
  await peer.receive()
  peer.send(DRAINING)
  ;(await server.accept()).resumed()
  await lost
  t.match(await peer.closed, { code: 1000 })
})

t.test('what a draining server refuses waits for the next one, also where the old one refuses late', async (t) => {
  const { server, client, peer } = await connected(t)
  peer.send(DRAINING)
  await until(() => client.status === 'draining')
  const early = client.broadcast('early')
  peer.refuse(await peer.receive(), 'DRAINING', { retry_after_ms: 1000 })
  const late = client.broadcast('late')
  const request = await peer.receive()
  const next = await server.accept()
  next.resumed()
  const first = await next.receive()
  t.same(first.payload, { message: 'early' })
  peer.refuse(request, 'DRAINING', { retry_after_ms: 1000 })
  const second = await next.receive()
  t.same(second.payload, { message: 'late' })
  next.reply(first, { offset: 44 })
  next.reply(second, { offset: 45 })
  t.same(await Promise.all([early, late]), [{ offset: 44 }, { offset: 45 }])
})

t.test('a server that closes before there is another one is resumed when it said', async (t) => {
  const { server, client, peer, statuses } = await connected(t, { reconnect: { baseMs: 60_000, maxMs: 60_000 } })
  peer.send({ ...DRAINING, payload: { retry_after_ms: 60_000 } })
  await until(() => client.status === 'draining')
  peer.close(4000, '{"retry_after_ms":30}')
  ;(await server.accept()).resumed()
  await until(() => client.status === 'ready')
  t.match(statuses.slice(2), [{ status: 'draining' }, { status: 'reconnecting', retryInMs: 30 }, { status: 'ready' }])
})

t.test('where no other server has room the old one is kept, and others are asked again', async (t) => {
  const { server, client, peer } = await connected(t)
  server.refusal = { status: 503, code: 'DRAINING' }
  peer.send(DRAINING)
  await until(() => server.attempts >= 3)
  t.equal(client.status, 'draining')
  server.refusal = undefined
  ;(await server.accept()).resumed()
  t.match(await peer.closed, { code: 1000 })
  t.equal(client.status, 'ready')
})

t.test('a room that is joined while another connection is dialled is not lost with the old one', async (t) => {
  const { server, client, peer } = await connected(t)
  peer.send(DRAINING)
  const next = await server.accept()
  await joined(client, peer, 'arena', 41)
  next.resumed()
  t.match(await next.closed, { code: 1000 })
  const later = await server.accept()
  t.equal(later.query.get('rooms'), 'arena')
  const joining = client.join('lobby')
  const join = await peer.receive()
  later.resumed({ rooms: ['arena'] })
  t.match(await later.closed, { code: 1000 }, 'nor one that is being joined')
  peer.reply(join, { room_id: 'lobby', members: 1, state: null, offset: 41 })
  await joining
  let last = await server.accept()
  // It may have dialled once more before it had read the reply.
  for (; last.query.get('rooms') === 'arena'; last = await server.accept()) last.resumed({ rooms: ['arena'] })
  t.equal(last.query.get('rooms'), 'arena,lobby')
  last.resumed({ rooms: ['arena', 'lobby'] })
  await peer.closed
  t.same(client.rooms, ['arena', 'lobby'])
})

t.test('closing in the middle of it closes both', async (t) => {
  const { server, client, peer } = await connected(t)
  peer.send(DRAINING)
  const next = await server.accept()
  client.close()
  t.match(await peer.closed, { code: 1000 })
  await next.closed
  const again = await connected(t)
  const unanswered = t.rejects(again.client.broadcast('?'), { code: 'OUTCOME_UNKNOWN' })
  await again.peer.receive()
  again.peer.send(DRAINING)
  const successor = await again.server.accept()
  successor.resumed()
  await until(() => again.client.status === 'ready')
  again.client.close()
  await unanswered
  t.match(await Promise.all([again.peer.closed, successor.closed]), [{ code: 1000 }, { code: 1000 }])
})
