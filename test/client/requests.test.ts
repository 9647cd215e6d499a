import { getEventListeners } from 'node:events'
import t from 'tap'
import { EVENT } from '../../src/client/index.ts'
import { connected, joined, setUp, until } from './setup.ts'

t.test('a request resolves with the data of the reply that names it', async (t) => {
  const { client, peer } = await connected(t)
  const first = client.broadcast('one')
  const second = client.broadcast('two', { retain: true })
  const requests = [await peer.receive(), await peer.receive()] as const
  t.match(requests[0], { eventType: 'core.game.state.broadcast', payload: { message: 'one' } })
  t.same(requests[1].payload, { message: 'two', retain: true })
  peer.reply(requests[1], { offset: 43 })
  peer.reply(requests[0], { offset: 42 })
  t.same(await Promise.all([first, second]), [{ offset: 42 }, { offset: 43 }])
})

t.test('every convenience sends the payload of its event type', async (t) => {
  const { client, peer } = await connected(t)
  await joined(client, peer, 'arena', 41)
  const calls: [() => Promise<unknown>, object][] = [
    [
      () => client.broadcast(1, { room: 'arena' }),
      { eventType: EVENT.broadcast, room: 'arena', payload: { message: 1 } },
    ],
    [
      () => client.sendMessage('bob', 'hi'),
      { eventType: EVENT.sendMessage, payload: { target_user_id: 'bob', text: 'hi' } },
    ],
    [
      () => client.sendMessage('bob', { data: [1] }),
      { eventType: EVENT.sendMessage, payload: { target_user_id: 'bob', data: [1] } },
    ],
    [
      () => client.join('lobby', { options: { team: 'red' } }),
      { eventType: EVENT.roomJoin, payload: { room_id: 'lobby', options: { team: 'red' } } },
    ],
    [() => client.leave('arena'), { eventType: EVENT.roomLeave, payload: { room_id: 'arena' } }],
    [() => client.getState(), { eventType: EVENT.stateGet, payload: {} }],
    [() => client.getState('arena'), { eventType: EVENT.stateGet, payload: { room_id: 'arena' } }],
    [
      () => client.listPresence({ room_id: 'arena', limit: 5 }),
      { eventType: EVENT.presenceList, payload: { room_id: 'arena', limit: 5 } },
    ],
    [() => client.refresh('d.e.f'), { eventType: EVENT.sessionRefresh, payload: { token: 'd.e.f' } }],
    [() => client.ping(), { eventType: EVENT.sessionPing, payload: {} }],
    [
      () => client.request(EVENT.roomInput, { name: 'turn', input: 'left' }, { room: 'arena' }),
      { eventType: EVENT.roomInput, room: 'arena', payload: { name: 'turn', input: 'left' } },
    ],
  ]
  for (const [call, expected] of calls) {
    const reply = call()
    const { id, ...request } = await peer.receive()
    t.same(request, expected)
    peer.reply({ id, ...request }, { offset: 50 })
    await reply
  }
})

t.test('a refusal rejects with its code, whether it may be tried again, and its details', async (t) => {
  const { client, peer } = await connected(t)
  const sending = client.sendMessage('carol', 'hi')
  peer.refuse(await peer.receive(), 'RATE_LIMITED', { retry_after_ms: 250 })
  await t.rejects(sending, {
    name: 'DrumbeatError',
    code: 'RATE_LIMITED',
    retryable: true,
    retryAfterMs: 250,
    details: { retry_after_ms: 250 },
  })
})

t.test('a code from a newer server is kept in the details', async (t) => {
  const { client, peer } = await connected(t)
  const pinging = client.ping()
  peer.refuse(await peer.receive(), 'BRAND_NEW' as 'INTERNAL')
  await t.rejects(pinging, { code: 'INTERNAL', details: { code: 'BRAND_NEW' } })
})

t.test('a request that was sent and not answered in time is unknown, and a late reply hurts nobody', async (t) => {
  const { client, peer } = await connected(t, { requestTimeoutMs: 200 })
  const unknown = t.rejects(client.broadcast('lost?'), { code: 'OUTCOME_UNKNOWN', retryable: true })
  const request = await peer.receive()
  await unknown
  peer.reply(request, { offset: 42 })
  const pinging = client.ping({ timeoutMs: 5_000 })
  peer.reply(await peer.receive(), { server_time: 7 })
  t.equal(await pinging, 7)
})

t.test('a request that never left because there was no connection did nothing', async (t) => {
  const { client } = await setUp(t)
  await t.rejects(client.broadcast('early', { timeoutMs: 20 }), { code: 'UNAVAILABLE' })
})

t.test('requests made before the connection wait for it, in order', async (t) => {
  const { server, client } = await setUp(t)
  const sent = [client.broadcast('one'), client.broadcast('two')]
  const connecting = client.connect()
  const peer = await server.accept()
  peer.ready()
  for (const message of ['one', 'two']) {
    const request = await peer.receive()
    t.same(request.payload, { message })
    peer.reply(request, { offset: 42 })
  }
  await Promise.all([connecting, ...sent])
})

t.test('only so many requests wait', async (t) => {
  const { client } = await setUp(t, { queueMax: 2 })
  const waiting = [client.ping(), client.ping()].map((ping) => t.rejects(ping, { code: 'CLOSED' }))
  await t.rejects(client.ping(), { code: 'OVERLOADED', retryable: true })
  client.close()
  await Promise.all(waiting)
})

t.test('an aborted request rejects with the reason, and is not sent when it still waited', async (t) => {
  const { server, client } = await setUp(t)
  const reason = new Error('never mind')
  await t.rejects(client.ping({ signal: AbortSignal.abort(reason) }), reason)
  const controller = new AbortController()
  const waiting = client.broadcast('never', { signal: controller.signal })
  controller.abort(reason)
  await t.rejects(waiting, reason)
  const connecting = client.connect()
  const peer = await server.accept()
  peer.ready()
  await connecting
  const pinging = client.ping()
  t.match(await peer.receive(), { eventType: EVENT.sessionPing })
  client.close()
  await t.rejects(pinging)
})

t.test('a request that is answered leaves nothing on its signal', async (t) => {
  const { client, peer } = await connected(t)
  const { signal } = new AbortController()
  const pinging = client.ping({ signal })
  t.equal(getEventListeners(signal, 'abort').length, 1)
  peer.reply(await peer.receive(), { server_time: 1 })
  await pinging
  t.equal(getEventListeners(signal, 'abort').length, 0)
})

t.test('a frame above the limit of the server is refused before it costs the connection', async (t) => {
  const { client, peer } = await connected(t, {}, { max_payload_bytes: 200 })
  await t.rejects(client.broadcast('ü'.repeat(100)), { code: 'PAYLOAD_TOO_LARGE', details: { max_payload_bytes: 200 } })
  t.equal(peer.untaken, 0)
  t.equal(client.status, 'ready')
})

t.test('what cannot be written down rejects its own request alone', async (t) => {
  const { client } = await connected(t)
  const circular: { self?: unknown } = {}
  circular.self = circular
  await t.rejects(client.broadcast(circular as never), {
    code: 'BAD_REQUEST',
    details: { path: 'payload.message.self' },
  })
  t.equal(client.status, 'ready')
})

t.test('when the connection is lost, what may be asked twice is asked twice and the rest is unknown', async (t) => {
  const { server, client, peer } = await connected(t)
  const joining = client.join('arena')
  const broadcasting = client.broadcast('once?')
  const state = client.getState()
  const [join, , get] = [await peer.receive(), await peer.receive(), await peer.receive()]
  const unknown = t.rejects(broadcasting, { code: 'OUTCOME_UNKNOWN' })
  peer.cut()
  await unknown
  const next = await server.accept()
  next.resumed()
  t.same([await next.receive(), await next.receive()], [join, get])
  next.reply(join, { room_id: 'arena', members: 1, state: null, offset: 50 })
  next.reply(get, { state: { round: 3 }, offset: 50 })
  t.match(await joining, { room_id: 'arena' })
  t.match(await state, { state: { round: 3 } })
  t.same(client.rooms, ['arena'])
})

t.test('requests made while reconnecting go after the resume', async (t) => {
  const { server, client, peer } = await connected(t)
  peer.cut()
  await until(() => client.status === 'reconnecting')
  const broadcasting = client.broadcast('later')
  const next = await server.accept()
  next.resumed()
  const request = await next.receive()
  t.same(request.payload, { message: 'later' })
  next.reply(request, { offset: 42 })
  t.same(await broadcasting, { offset: 42 })
})

t.test('a request that was sent once and then waited in vain is unknown, not undone', async (t) => {
  const { client, peer } = await connected(t, { requestTimeoutMs: 400 })
  const joining = t.rejects(client.join('arena'), { code: 'OUTCOME_UNKNOWN' })
  await peer.receive()
  peer.cut()
  await joining
})

t.test('close settles everything: sent is unknown, unsent is closed, and later requests are refused', async (t) => {
  const { client, peer } = await connected(t)
  const sent = client.broadcast('?')
  await peer.receive()
  const expected = t.rejects(sent, { code: 'OUTCOME_UNKNOWN' })
  client.close()
  await expected
  await t.rejects(client.ping(), { code: 'CLOSED', retryable: false })
})

t.test('a join or leave that was given up counts all the same, once it is answered', async (t) => {
  const { client, peer } = await connected(t)
  await joined(client, peer, 'arena', 41)
  const leaving = client.leave('arena', { timeoutMs: 20 })
  const leave = await peer.receive()
  await t.rejects(leaving, { code: 'OUTCOME_UNKNOWN' })
  t.same(client.rooms, ['arena'], 'nobody knows yet')
  peer.reply(leave, {})
  await until(() => client.rooms.length === 0)

  const stop = new AbortController()
  const joining = client.join('lobby', { signal: stop.signal })
  const join = await peer.receive()
  stop.abort(new Error('changed my mind'))
  await t.rejects(joining, { message: 'changed my mind' })
  peer.reply(join, { room_id: 'lobby', members: 1, state: null, offset: 42 })
  await until(() => client.rooms.includes('lobby'))

  const refused = client.join('full', { timeoutMs: 20 })
  const asked = await peer.receive()
  await t.rejects(refused, { code: 'OUTCOME_UNKNOWN' })
  peer.refuse(asked, 'ROOM_FULL')
  const pinged = client.ping()
  peer.reply(await peer.receive(), { server_time: 1 })
  await pinged
  t.same(client.rooms, ['lobby'])
})
