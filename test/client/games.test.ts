/** Rooms with games, as the client has them: a state that is always right, or asked for anew. */
import t from 'tap'
import { Clock } from '../../src/client/clock.ts'
import { GameRoom } from '../../src/client/game-room.ts'
import type { RoomChange } from '../../src/client/index.ts'
import type { RoomGame } from '../../src/protocol/shapes/games.ts'
import { data, patch, playing, receive, STATE, type Arena } from './arena.ts'
import { ScriptedServer } from './scripted-server.ts'
import { connected, until } from './setup.ts'

t.test('patches are applied on their base, and what did not change stays the same object', async (t) => {
  const { client, peer } = await connected(t)
  const room = await playing(t, client, peer)
  const states: unknown[] = []
  const events: unknown[] = []
  room.subscribe((state) => states.push(state))
  room.on('boom', (event) => events.push(event))
  const { ships } = room.state
  patch(peer, 12, 10, { changes: { ships: { ann: { x: 2 } } }, events: [['boom', { x: 3 }]], acks: { ann: 4 } })
  await until(() => room.tick === 12)
  t.strictSame(room.state.ships, { ann: { x: 2, y: 1 }, bob: { x: 5, y: 5 } })
  t.equal(room.state.ships['bob'], ships['bob'])
  t.equal(states.length, 2)
  t.strictSame(events, [{ x: 3 }])
  patch(peer, 13, 12, { events: [['boom', { x: 4 }]] })
  await until(() => events.length === 2)
  t.equal(states.length, 2, 'the state did not change')
  t.equal(room.seat, 'ann')
  t.strictSame(client.rooms, ['arena:1'])
})

t.test(
  'a patch that does not fit, or a wrong hash, is not applied: the state is asked for, and what came meanwhile follows',
  async (t) => {
    const { client, peer } = await connected(t)
    const room = await playing(t, client, peer)
    const gaps = [
      { base: 11, rest: { changes: { phase: 'wrong' } }, name: 'another base' },
      { base: 10, rest: { changes: { phase: 'wrong' }, hash: 1 }, name: 'another hash' },
      { base: 10, rest: { changes: JSON.parse('{"__proto__":{"x":1}}') }, name: 'what is no patch' },
    ]
    let tick = 10
    for (const { base, rest, name } of gaps) {
      patch(peer, tick + 2, base + tick - 10, rest)
      const asked = await receive(peer)
      t.match(asked, { eventType: 'core.game.room.snapshot', room: 'arena:1' }, name)
      patch(peer, tick + 4, tick + 3, { changes: { phase: `${name} later` } })
      peer.reply(asked, data(tick + 3, { ...STATE, phase: 'new' }))
      await until(() => room.tick === tick + 4)
      t.equal(room.state.phase, `${name} later`)
      tick += 4
    }
    patch(peer, tick - 1, tick - 3, { changes: { phase: 'old' } })
    patch(peer, tick + 1, tick, { changes: { phase: 'right' } })
    await until(() => room.state.phase === 'right')
  },
)

t.test('a snapshot that was asked for does not take the place of a newer one', async (t) => {
  for (const answer of [data(13, { ...STATE, phase: 'asked' }), new Error('the connection was lost')]) {
    const asked = Promise.withResolvers<RoomGame>()
    const requests = { request: () => asked.promise as Promise<never>, tell: () => {} }
    const room = new GameRoom('arena:1', data(10), requests, new Clock())
    const phases: unknown[] = []
    room.subscribe((state) => phases.push((state as Arena['state']).phase))
    room.patched({ tick: 12, base: 11, changes: { phase: 'unfit' } })
    if (answer instanceof Error) asked.reject(answer)
    else asked.resolve(answer)
    room.refreshed(data(20, { ...STATE, phase: 'newer' }))
    await asked.promise.catch(() => {})
    await Promise.resolve()
    t.strictSame(phases, ['play', 'newer'])
    t.equal(room.tick, 20)
  }
})

t.test('the room outlives the connection: the snapshot behind a resume goes on with it', async (t) => {
  const { server, client, peer } = await connected(t)
  const room = await playing(t, client, peer)
  peer.cut()
  await room.send.steer({ dx: 5 })
  const next = await server.accept()
  t.equal(next.query.get('rooms'), 'arena:1')
  next.resumed({ recovered: true, replayed: 0, offset: 41, rooms: ['arena:1'] })
  next.send({ eventType: 'core.game.room.snapshot', room: 'arena:1', payload: data(90, { ...STATE, phase: 'later' }) })
  next.send({ eventType: 'core.game.room.patch', room: 'arena:1', tick: 91, base: 90, changes: { phase: 'latest' } })
  await until(() => room.state.phase === 'latest')
  t.equal(room.tick, 91)
})

t.test('a room that a resume does not bring is joined again, or has ended for this client', async (t) => {
  const { server, client, peer } = await connected(t)
  const room = await playing(t, client, peer)
  const statuses: RoomChange[] = []
  room.on('status', (status) => statuses.push(status))
  client.on('error', () => {})
  peer.cut()
  const second = await server.accept()
  second.resumed({ recovered: false, reason: 'ROOMS_UNKNOWN', rooms: [] })
  const join = await receive(second)
  t.match(join, { eventType: 'core.game.room.join', payload: { room_id: 'arena:1' } })
  second.reply(join, { room_id: 'arena:1', members: 1, state: null, offset: 41, game: data(50) as never })
  await until(() => room.tick === 50)
  t.strictSame(statuses, [], 'the seat is the one that it was')
  second.cut()
  const third = await server.accept()
  third.resumed({ recovered: false, reason: 'ROOMS_UNKNOWN', rooms: [] })
  const again = await receive(third)
  third.refuse(again, 'ROOM_NOT_FOUND')
  await until(() => statuses.length > 0)
  t.match(statuses, [{ status: 'left', error: { code: 'ROOM_NOT_FOUND' } }])
  await t.rejects(room.send.fire({}), { code: 'NOT_IN_ROOM' })
})

t.test('a room that is at another node is joined there before what waits for the room', async (t) => {
  const { server, client, peer } = await connected(t)
  const room = await playing(t, client, peer)
  peer.cut()
  await until(() => client.status !== 'ready')
  const firing = room.send.fire({})
  const second = await server.accept()
  second.resumed({ recovered: false, reason: 'ROOMS_UNKNOWN', rooms: [] })
  const asked = [await receive(second), await receive(second)]
  const other = await ScriptedServer.start(t)
  for (const request of asked) second.refuse(request, 'MOVED', { url: other.url })
  const third = await other.accept()
  third.resumed({ recovered: false, reason: 'ROOMS_UNKNOWN', rooms: [] })
  const [join, fire] = [await receive(third), await receive(third)]
  t.match(join, { eventType: 'core.game.room.join', payload: { room_id: 'arena:1', stay: undefined } })
  t.match(fire, { eventType: 'core.game.room.input', room: 'arena:1' })
  third.reply(join, { room_id: 'arena:1', members: 1, state: null, offset: 41, game: data(50) as never })
  third.reply(fire, {})
  await firing
})

t.test('a seat that is a new one behind a lost session is told; one that was asked for is not', async (t) => {
  const { server, client, peer } = await connected(t)
  const statuses: RoomChange[] = []
  const taking = { is_new_seat: true }
  const finding = client.play<Arena>('arena')
  peer.reply(await receive(peer), { room_id: 'arena:1', offset: 41, game: { ...data(10), ...taking } })
  const room = await finding
  room.on('status', (status) => statuses.push(status))
  const watching = client.enter<Arena>('arena:2', { as: 'spectator' })
  peer.reply(await receive(peer), { room_id: 'arena:2', offset: 42, game: { ...data(10), handle: 8, seat: null } })
  const watched = await watching
  watched.on('status', (status) => statuses.push(status))
  const entering = client.enter<Arena>('arena:2')
  peer.reply(await receive(peer), { room_id: 'arena:2', offset: 42, game: { ...data(20), handle: 8, ...taking } })
  t.equal(await entering, watched)
  t.equal(watched.seat, 'ann')
  t.strictSame(statuses, [])
  peer.cut()
  const next = await server.accept()
  next.ready()
  for (const handle of [7, 8]) {
    const join = await receive(next)
    next.reply(join, { room_id: join.payload['room_id'], offset: 50, game: { ...data(90), handle, ...taking } })
  }
  await until(() => statuses.length === 2)
  t.strictSame(statuses, [
    { status: 'reseated', tick: 90 },
    { status: 'reseated', tick: 90 },
  ])
  t.equal(room.tick, 90)
})

t.test('status, messages, and the end with its result', async (t) => {
  const { client, peer } = await connected(t)
  const room = await playing(t, client, peer)
  const heard: unknown[] = []
  room.on('status', (status) => heard.push(status))
  room.on('message', (message) => heard.push(message))
  peer.event(42, 41, {
    eventType: 'core.game.room.message',
    room: 'arena:1',
    payload: { room: 'arena:1', data: 'hello' },
  })
  peer.send({ eventType: 'core.game.room.status', room: 'arena:1', payload: { status: 'paused', tick: 12 } })
  peer.event(43, 42, {
    eventType: 'core.game.room.status',
    room: 'arena:1',
    payload: { status: 'over', result: { winner: 'ann' } },
  })
  await until(() => heard.length === 4)
  t.match(heard, ['hello', { status: 'paused' }, { status: 'over', result: { winner: 'ann' } }, { status: 'left' }])
  t.ok(room.isOver)
  t.strictSame(room.result, { winner: 'ann' })
  t.strictSame(client.rooms, [])
})

t.test('a room that is over before its answer was looked at is there all the same, with its result', async (t) => {
  const { client, peer } = await connected(t)
  const finding = client.play<Arena>('arena')
  const find = await receive(peer)
  peer.reply(find, { room_id: 'arena:1', members: 1, state: null, offset: 41, game: data(10) })
  const over = { status: 'over', result: { winner: 'bob' } }
  peer.event(42, 41, { eventType: 'core.game.room.status', room: 'arena:1', payload: over })
  const room = await finding
  await until(() => room.isOver)
  t.strictSame(room.result, { winner: 'bob' })
  const joining = client.enter('lobby')
  peer.reply(await receive(peer), { room_id: 'lobby', members: 1, state: null, offset: 43 })
  await t.rejects(joining, { message: 'this room has no game' })
})

t.test('leaving ends it, and another room of the name is another one', async (t) => {
  const { client, peer } = await connected(t)
  const room = await playing(t, client, peer)
  const leaving = room.leave()
  const leave = await receive(peer)
  t.match(leave, { eventType: 'core.game.room.leave', payload: { room_id: 'arena:1' } })
  peer.reply(leave, {})
  await leaving
  await room.leave()
  const entering = client.enter<Arena>('arena:1', { as: 'spectator', password: 'x' })
  const join = await receive(peer)
  t.match(join, { payload: { room_id: 'arena:1', as: 'spectator', password: 'x' } })
  peer.reply(join, {
    room_id: 'arena:1',
    members: 1,
    state: null,
    offset: 41,
    game: { ...data(60), seat: null } as never,
  })
  const again = await entering
  t.not(again, room)
  t.equal(again.seat, null)
})

t.test('the clock is the server’s, by the answer that was quickest', async (t) => {
  const { client, peer } = await connected(t)
  const aheadMs = 3_600_000
  const finding = client.play<Arena>('arena')
  const find = await peer.receive()
  peer.reply(find, { room_id: 'arena:1', members: 1, state: null, offset: 41, game: data(10) as never })
  const room = await finding
  for (let i = 0; i < 3; i++) {
    const ping = await peer.receive()
    t.equal(ping.eventType, 'core.game.session.ping')
    peer.reply(ping, { server_time: Date.now() + aheadMs })
  }
  await until(() => room.clock.nowMs > Date.now() + aheadMs - 60_000)
  t.ok(room.clock.nowMs < Date.now() + aheadMs + 60_000)
  t.ok(room.clock.tick >= 10)
})
