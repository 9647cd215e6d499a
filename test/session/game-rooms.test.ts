import t from 'tap'
import { Refusal } from '../../src/protocol/errors.ts'
import { mirrorOf, openRoom, play, ROOM } from '../helpers/house/game-room.ts'
import type { PlainClient } from '../helpers/house/plain-client.ts'
import { INPUTS } from '../helpers/house/scripted-primary.ts'

const JOIN = 'core.game.room.join'
const FIND = 'core.game.room.find'
const LEAVE = 'core.game.room.leave'
const INPUT = 'core.game.room.input'
const SNAPSHOT = 'core.game.room.snapshot'
const STATUS = 'core.game.room.status'
const PATCH = 'core.game.room.patch'
const BROADCAST = 'core.game.state.broadcast'

t.test('a join of a room with a game is answered with its game, and the patches behind it fit', async (t) => {
  const { enter, primary, room, pass } = await openRoom(t)
  primary.change(room, { n: 5 })
  const alice = await enter('alice')
  const { data } = await alice.ask(JOIN, { room_id: ROOM, as: 'spectator', password: 'secret' })
  t.strictSame(data, {
    room_id: ROOM,
    members: 1,
    state: null,
    offset: 11,
    game: {
      name: 'counter',
      version: 3,
      handle: 1,
      seat: null,
      tick: 1,
      tick_ms: 50,
      started_at: 1_790_000_000_000,
      types: { kind: 'json' },
      inputs: [
        { name: 'place', type: { kind: 'object' }, keep: 'all' },
        { name: 'say', type: null, keep: 'latest' },
      ],
      seats: {},
      state: { n: 5 },
      hash: 7,
    },
  })
  t.match(primary.argsOf('join')[0], { as: 'spectator', password: 'secret', encoding: 'json' })
  primary.change(room, { n: 6 }, { more: { acks: { alice: 3 }, events: [['boom', { x: 1 }]], hash: 9 } })
  await alice.until(() => mirrorOf(alice).tick === 2)
  t.strictSame(alice.events.at(-1), {
    eventType: PATCH,
    room: ROOM,
    tick: 2,
    base: 1,
    changes: { n: 6 },
    acks: { alice: 3 },
    events: [['boom', { x: 1 }]],
    hash: 9,
  })
  await pass(100)
})

t.test('no patch between the answer to a join and what is sent behind it is missed, or comes twice', async (t) => {
  const wire = await openRoom(t)
  const { enter, primary, room, pass } = wire
  const clients: PlainClient[] = []
  for (let i = 0; i < 20; i++) {
    const client = await enter(`u${i}`, { encoding: i % 2 === 0 ? 'json' : 'msgpack' })
    client.request(i % 3 === 0 ? FIND : JOIN, i % 3 === 0 ? { game: 'counter' } : { room_id: ROOM })
    clients.push(client)
    for (let n = 0; n < 3; n++) {
      primary.change(room, { n: room.tick + 1 })
      await pass(1)
    }
  }
  await pass(100)
  for (const client of clients) {
    const mirror = mirrorOf(client)
    t.strictSame([mirror.state, mirror.tick, mirror.misfits], [room.state(0), room.tick, 0])
  }
})

t.test('binary clients get the bytes as they are; those who see something else get that', async (t) => {
  const { enter, primary, room, pass } = await openRoom(t)
  const [alice, bob] = [await enter('alice', { encoding: 'msgpack' }), await enter('bob')]
  for (const client of [alice, bob]) await client.ask(JOIN, { room_id: ROOM })
  t.strictSame(
    primary.argsOf('join').map(({ encoding }) => encoding),
    ['binary', 'json'],
  )
  primary.change(room, { n: 1 })
  await pass(100)
  const bytes = alice.events.at(-1)?.['bytes']
  t.ok(bytes instanceof Uint8Array && bytes[0] === 0xc1)
  t.equal(bob.events.at(-1)?.['tick'], 1)
  t.strictSame(
    [alice, bob].map((client) => mirrorOf(client).state),
    [{ n: 1 }, { n: 1 }],
  )
})

t.test('who sees another view from now on gets its state, then its patches and none of the one before', async (t) => {
  const { enter, primary, room, pass } = await openRoom(t)
  const [alice, bob] = [await enter('alice'), await enter('bob')]
  for (const client of [alice, bob]) await client.ask(JOIN, { room_id: ROOM })
  const [seen] = room.viewers.values()
  if (!seen) throw new Error('nobody is there')
  seen.view = 1
  primary.link.tell('gameView', { connectionId: seen.connectionId, room: room.id })
  primary.change(room, { n: 100 })
  await alice.until(() => mirrorOf(alice).snapshots === 1)
  primary.change(room, { n: 101 })
  primary.change(room, { fog: 1 }, { view: 1 })
  await pass(100)
  t.strictSame(mirrorOf(alice).state, { n: 0, view: 1, fog: 1 })
  t.equal(mirrorOf(alice).misfits, 0)
  t.strictSame(mirrorOf(bob).state, { n: 101 })
})

t.test('a client that asks gets what it sees, and goes on from there', async (t) => {
  const wire = await openRoom(t)
  const { enter, primary, room, pass } = wire
  const alice = await enter('alice')
  const { data } = await alice.ask(JOIN, { room_id: ROOM })
  const joined = (data as { game: object }).game
  primary.change(room, { n: 1 })
  const reply = await alice.ask(SNAPSHOT, {}, { room: ROOM })
  t.strictSame(reply.data, { ...joined, tick: 1, state: { n: 1 } })
  primary.change(room, { n: 2 })
  await pass(100)
  t.equal(mirrorOf(alice).misfits, 0)
  t.strictSame(mirrorOf(alice).state, { n: 2 })
})

t.test(
  'a connection that was resumed is sent the state of its rooms behind the first frame, then patches',
  async (t) => {
    const wire = await openRoom(t)
    const { enter, primary, room, pass, worker } = wire
    const alice = await enter('alice')
    await alice.ask(JOIN, { room_id: ROOM })
    alice.cut()
    await pass(100)
    t.strictSame(worker.parts.realTime.games.counts, { viewers: 0, topics: 0 })
    primary.change(room, { n: 1 })
    primary.games = [room.id]
    primary.held.add('enterGame')
    const back = await alice.resume([ROOM])
    const input = back.request(INPUT, { name: 'place', input: {} }, { room: ROOM })
    primary.change(room, { n: 2 })
    await pass(100)
    t.strictSame(primary.argsOf('gameInput'), [])
    primary.release()
    t.ok((await back.reply(input)).success, 'what is asked at once waits until the room is there')
    await pass(100)
    t.equal(back.frames[1]?.eventType, SNAPSHOT)
    t.match(back.frames[1], { room: ROOM, payload: { name: 'counter', handle: 1, seat: 'a seat' } })
    t.strictSame([mirrorOf(back).state, mirrorOf(back).misfits], [{ n: 2 }, 0])
  },
)

t.test('an input that is sent right behind its join is of the room', async (t) => {
  const { enter, primary, pass } = await openRoom(t)
  const alice = await enter('alice')
  primary.held.add('join')
  const join = alice.ask(JOIN, { room_id: ROOM })
  const input = alice.ask(INPUT, { name: 'place', input: {} }, { room: ROOM })
  await pass(100)
  primary.release()
  t.match([await join, await input], [{ success: true }, { success: true }])
})

t.test('a room that does not take a connection back is left, and the client is told', async (t) => {
  const { enter, primary, room } = await openRoom(t)
  const alice = await enter('alice')
  primary.games = [room.id]
  primary.refusals.set('enterGame', new Refusal('ROOM_FULL', 'no seat is left'))
  const back = await alice.resume([ROOM])
  await back.until(() => back.events.length === 1)
  t.strictSame(back.events, [{ eventType: STATUS, room: ROOM, payload: { status: 'left', why: 'ROOM_FULL' } }])
  t.match(primary.argsOf('leave')[0], { room: ROOM })
  t.match(await back.ask(INPUT, { name: 'place', input: {} }, { room: ROOM }), { error: { code: 'NOT_IN_ROOM' } })
})

t.test('a room that cannot be reached at a resume is asked again', async (t) => {
  const { enter, primary, room } = await openRoom(t)
  const alice = await enter('alice')
  primary.games = [room.id]
  primary.refusals.set('enterGame', new Refusal('UNAVAILABLE', 'its host is being replaced'))
  const back = await alice.resume([ROOM])
  await back.until(() => primary.argsOf('enterGame').length === 2)
  const input = () => back.ask(INPUT, { name: 'place', input: {} }, { room: ROOM })
  t.match(await input(), { error: { code: 'UNAVAILABLE', details: { retry_after_ms: 500 } } })
  primary.refusals.clear()
  await back.until(() => mirrorOf(back).snapshots === 1)
  primary.change(room, { n: 1 })
  await back.until(() => mirrorOf(back).tick === 1)
  t.equal(mirrorOf(back).misfits, 0)
  t.match(await input(), { success: true })
})

t.test('when another host goes on, all are told the tick and get the state', async (t) => {
  const wire = await openRoom(t)
  const { enter, primary, room, pass } = wire
  const clients = [await enter('alice'), await enter('bob', { encoding: 'msgpack' })]
  for (const client of clients) await client.ask(JOIN, { room_id: ROOM })
  await play(wire, room, 3)
  // The views have other numbers there.
  for (const viewer of room.viewers.values()) viewer.view = 4
  // So has its game: another version goes on.
  room.inputs = [{ name: 'new', type: null, keep: 'all' }, ...INPUTS]
  primary.link.tell('gameStatus', { room: room.id, status: { status: 'restarted', tick: 2 } })
  primary.change(room, { n: 50 }, { view: 4 })
  await pass(100)
  primary.change(room, { n: 51 }, { view: 4 })
  await pass(100)
  for (const client of clients) {
    t.match(
      client.events.find(({ eventType }) => eventType === STATUS),
      { room: ROOM, payload: { status: 'restarted', tick: 2 } },
    )
    const { state, snapshots, misfits } = mirrorOf(client)
    t.strictSame([state, snapshots, misfits], [room.state(4), 1, 0])
    t.match(client.events.find(({ eventType }) => eventType === SNAPSHOT)?.payload, { inputs: room.inputs })
  }
  const [, bob] = clients
  const input = (index: number) => {
    const id = `in-${index}`
    bob?.sendRaw(Buffer.from([0xc1, 2, 2, room.handle, index, id.length, ...Buffer.from(id), ...Buffer.from('{}')]))
    return bob?.reply(id)
  }
  t.match(await input(2), { success: true }, 'binary inputs are named by their places as they are now')
  t.match(await input(3), { error: { code: 'BAD_REQUEST', message: /the game has 3 inputs/ } })
})

t.test('late ticks are told, and whoever lost its seat is told and gets no more', async (t) => {
  const { enter, primary, room, pass } = await openRoom(t)
  const alice = await enter('alice')
  await alice.ask(JOIN, { room_id: ROOM })
  for (const status of ['paused', 'running'] as const) {
    primary.link.tell('gameStatus', { room: room.id, status: { status, tick: 7 } })
  }
  const [seen] = room.viewers.values()
  primary.link.tell('roomLeft', { connectionId: String(seen?.connectionId), room: room.id, why: 'kicked' })
  primary.change(room, { n: 1 })
  await pass(100)
  t.strictSame(
    alice.events.map(({ payload }) => payload),
    [
      { status: 'paused', tick: 7 },
      { status: 'running', tick: 7 },
      { status: 'left', why: 'kicked' },
    ],
  )
  t.match(await alice.ask(LEAVE, { room_id: ROOM }), { error: { code: 'NOT_IN_ROOM' } })
})

t.test('who leaves gets no patch behind the reply; a room that is over takes no more inputs', async (t) => {
  const { enter, primary, room, pass, worker } = await openRoom(t)
  const [alice, bob] = [await enter('alice'), await enter('bob')]
  for (const client of [alice, bob]) await client.ask(JOIN, { room_id: ROOM })
  await alice.ask(LEAVE, { room_id: ROOM })
  const before = alice.frames.length
  primary.change(room, { n: 1 })
  await pass(100)
  t.equal(alice.frames.length, before)
  primary.link.tell('roomClosed', { room: room.id, hasGame: true })
  primary.change(room, { n: 2 })
  await pass(100)
  t.strictSame(worker.parts.realTime.games.counts, { viewers: 0, topics: 0 })
  t.match(await bob.ask(INPUT, { name: 'place', input: {} }, { room: ROOM }), { error: { code: 'ROOM_OVER' } })
  t.match(await bob.ask(BROADCAST, { message: 1 }, { room: 'another' }), { error: { code: 'NOT_IN_ROOM' } })
})
