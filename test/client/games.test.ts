/** Rooms with games, as the client has them: a state that is always right, or asked for anew. */
import t, { type Test } from 'tap'
import type { GameClient } from '../../src/client/index.ts'
import { shapeOf } from '../../src/games/sync/shape.ts'
import { t as types } from '../../src/games/types.ts'
import type { RoomGame } from '../../src/protocol/shapes/games.ts'
import { Clock } from '../../src/client/clock.ts'
import { GameRoom } from '../../src/client/game-room.ts'
import type { RoomChange } from '../../src/client/index.ts'
import { binaryPatchOf } from '../../src/games/sync/binary-patch.ts'
import { ByteWriter } from '../../src/games/sync/byte-writer.ts'
import { hashValue } from '../../src/games/sync/hash.ts'
import type { Peer } from './scripted-server.ts'
import { connected, until } from './setup.ts'

interface Arena {
  readonly state: {
    readonly ships: Readonly<Record<string, { readonly x: number; readonly y: number }>>
    readonly phase: string
  }
  readonly options: { readonly map: string }
  readonly inputs: { readonly fire: object; readonly steer: { readonly dx: number } }
  readonly events: { readonly boom: { readonly x: number } }
  readonly refusal: string
  readonly listing: { readonly phase: string }
}

const STATE = { ships: { ann: { x: 1, y: 1 }, bob: { x: 5, y: 5 } }, phase: 'play' }

function data(tick: number, state: RoomGame['state'] = STATE): RoomGame {
  return {
    name: 'arena',
    version: 2,
    handle: 7,
    seat: 'ann',
    tick,
    tick_ms: 50,
    started_at: 1_790_000_000_000,
    inputs: [
      { name: 'fire', keep: 'all', type: null },
      { name: 'steer', keep: 'latest', type: null },
    ],
    types: { kind: 'json' },
    state,
    hash: hashValue(state),
  }
}

async function receive(peer: Peer) {
  for (;;) {
    const request = await peer.receive()
    if (request.eventType !== 'core.game.session.ping') return request
    peer.reply(request, { server_time: Date.now() })
  }
}

async function playing(t: Test, client: GameClient, peer: Peer): Promise<GameRoom<Arena>> {
  const finding = client.play<Arena>('arena', { where: { phase: 'lobby' }, options: { map: 'moon' } })
  const find = await receive(peer)
  t.match(find, {
    eventType: 'core.game.room.find',
    payload: { game: 'arena', where: { phase: 'lobby' }, options: { map: 'moon' } },
  })
  peer.reply(find, { room_id: 'arena:1', members: 1, state: null, offset: 41, game: data(10) as never })
  return finding
}

function patch(peer: Peer, tick: number, base: number, rest: object): void {
  peer.send({ eventType: 'core.game.room.patch', room: 'arena:1', tick, base, changes: {}, ...rest })
}

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
    const room = new GameRoom('arena:1', data(10), {
      clock: new Clock(),
      input: () => Promise.resolve(),
      tellInput: () => true,
      snapshot: () => asked.promise,
      leave: () => Promise.resolve(),
    })
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

t.test(
  'inputs: a promise with what the game replied, or its refusal; of those that keep the newest none waits',
  async (t) => {
    const { client, peer } = await connected(t)
    const room = await playing(t, client, peer)
    const firing = room.send.fire({})
    const fire = await receive(peer)
    t.match(fire, { room: 'arena:1', eventType: 'core.game.room.input', payload: { name: 'fire', input: {}, seq: 1 } })
    peer.reply(fire, { tick: 11, value: 'hit' })
    t.equal(await firing, 'hit')
    await room.send.steer({ dx: 1 })
    const steer = await receive(peer)
    t.match(steer, { payload: { name: 'steer', input: { dx: 1 }, seq: 2 } })
    t.notOk('id' in steer, 'nobody answers it')
    const refused = room.send.fire({})
    const asked = await receive(peer)
    peer.send({
      eventType: 'core.game.reply',
      replyTo: asked.id,
      success: false,
      error: { code: 'REFUSED', message: 'no', retryable: false, details: { code: 'NOT_YET' } },
    })
    await t.rejects(refused, { code: 'REFUSED', details: { code: 'NOT_YET' } })
    patch(peer, 11, 10, { acks: { ann: 2 } })
    await until(() => room.acked.seq === 2)
    t.equal(room.acked.of, 3)
  },
)

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
  second.cut()
  const third = await server.accept()
  third.resumed({ recovered: false, reason: 'ROOMS_UNKNOWN', rooms: [] })
  const again = await receive(third)
  third.refuse(again, 'ROOM_NOT_FOUND')
  await until(() => statuses.length > 0)
  t.match(statuses, [{ status: 'left', error: { code: 'ROOM_NOT_FOUND' } }])
  await t.rejects(room.send.fire({}), { code: 'NOT_IN_ROOM' })
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

t.test('binary patches, whose handle names the room: the same state, acks, events and hash', async (t) => {
  const { client, peer } = await connected(t, { encoding: 'msgpack' })
  const type = types.object({
    phase: types.string(20),
    ships: types.map(types.object({ x: types.fixed(0, 100, 0.01), y: types.fixed(0, 100, 0.01) })),
  })
  const finding = client.play<Arena>('arena')
  const find = await receive(peer)
  peer.reply(find, {
    room_id: 'arena:1',
    members: 1,
    state: null,
    offset: 41,
    game: { ...data(10), types: type } as never,
  })
  const room = await finding
  const shape = shapeOf(type)
  const before = shape.freeze(undefined, structuredClone(STATE))
  const state = { ...structuredClone(STATE), phase: 'over' }
  state.ships.ann.x = 1.25
  const after = shape.freeze(before, state)
  const frame = (tick: number, base: number, changes: Uint8Array) => {
    const writer = new ByteWriter()
    // Acks, events and a hash follow the changes.
    for (const byte of [0xc1, 1, 7]) writer.byte(byte)
    for (const value of [7, tick, tick - base, changes.length]) writer.varint(value)
    for (const byte of changes) writer.byte(byte)
    writer.varint(1)
    writer.text('ann')
    writer.varint(3)
    writer.text('[["boom",{"x":1}]]')
    writer.fixedWidth(hashValue(state), 4)
    return writer.take()
  }
  const booms: unknown[] = []
  room.on('boom', (boom) => booms.push(boom))
  peer.sendRaw(frame(12, 10, binaryPatchOf(shape, before, after)))
  await until(() => room.tick === 12)
  t.strictSame(room.state, state)
  t.equal(room.acked.seq, 3)
  t.strictSame(booms, [{ x: 1 }])
  peer.sendRaw(frame(13, 12, Uint8Array.of(255, 255)))
  t.match(await receive(peer), { eventType: 'core.game.room.snapshot' }, 'one that does not fit')
})
