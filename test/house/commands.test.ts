import t from 'tap'
import { COMMANDS } from '../../src/commands/table.ts'
import { openHouse } from '../helpers/house/open-house.ts'

/** What a request is tried with: `good` is carried out for a member of room `r`, each of `bad` is refused for its path. */
interface Tried {
  readonly good: readonly { readonly payload: object; readonly room?: string }[]
  readonly bad: readonly { readonly payload: object; readonly room?: string; readonly path: string }[]
  /** Where nothing can be carried out. */
  readonly code?: string
}

const LONG = 'a'.repeat(65)
const noRoomIds = ['', LONG, 'a/b', '#a', 'a b', 'a\nb', 'a\0b', '\u202Ea', 'ä', '😀', 7, [], {}, true]
const badRooms = noRoomIds.map((room_id) => ({ payload: { room_id }, path: 'payload.room_id' }))

const badGames = ['', 'Chess', 'a'.repeat(33), '1a', '__proto__', 7, null].map((game) => ({
  payload: { game },
  path: 'payload.game',
}))
const badFilters = [
  { where: [], path: 'payload.where' },
  { where: 'phase', path: 'payload.where' },
  { where: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`f${i}`, 1])), path: 'payload.where' },
  { where: { a: null }, path: 'payload.where.a' },
  { where: { a: [1] }, path: 'payload.where.a' },
  { where: { a: {} }, path: 'payload.where.a' },
  { where: { a: { in: [1], gte: 1 } }, path: 'payload.where.a' },
  { where: { a: { in: [1], more: 1 } }, path: 'payload.where.a' },
  { where: { a: { in: [] } }, path: 'payload.where.a.in' },
  { where: { a: { in: Array.from({ length: 65 }, () => 1) } }, path: 'payload.where.a.in' },
  { where: { a: { in: [1, {}] } }, path: 'payload.where.a.in[1]' },
  { where: { a: { gte: '1' } }, path: 'payload.where.a.gte' },
  { where: { a: { gte: 1, lte: null } }, path: 'payload.where.a.lte' },
].map(({ where, path }) => ({ payload: { game: 'none', where }, path }))

const TRIED: Readonly<Record<string, Tried>> = {
  'core.game.state.broadcast': {
    good: [
      { payload: { message: null } },
      { payload: { message: { x: [1, 'two', null] } }, room: 'r' },
      { payload: { message: 1, delivery: 'latest', key: 'k'.repeat(64), retain: true } },
    ],
    bad: [
      { payload: {}, path: 'payload.message' },
      { payload: { message: 1, retain: 'true' }, path: 'payload.retain' },
      { payload: { message: 1, delivery: 'newest' }, path: 'payload.delivery' },
      { payload: { message: 1, delivery: null }, path: 'payload.delivery' },
      { payload: { message: 1, key: '' }, path: 'payload.key' },
      { payload: { message: 1, delivery: 'latest', key: LONG }, path: 'payload.key' },
      { payload: { message: 1, delivery: 'must', key: 'k' }, path: 'payload.key' },
    ],
  },
  'core.game.state.send_message': {
    good: [
      { payload: { target_user_id: 'bob', text: '' } },
      { payload: { target_user_id: 'bob', data: null }, room: 'r' },
    ],
    bad: [
      { payload: { target_user_id: 'bob' }, path: 'payload' },
      { payload: { target_user_id: 'bob', text: 'a', data: 1 }, path: 'payload' },
      { payload: { target_user_id: 'bob', text: 7 }, path: 'payload.text' },
      { payload: { text: 'a' }, path: 'payload.target_user_id' },
      { payload: { target_user_id: LONG, text: 'a' }, path: 'payload.target_user_id' },
      { payload: { target_user_id: ['bob'], text: 'a' }, path: 'payload.target_user_id' },
    ],
  },
  'core.game.state.buy_good': {
    good: [
      { payload: { good_id: 'apple', count: 1 } },
      { payload: { good_id: 'apple', count: 2, idempotency_key: 'a-key-of-16-letters', expected_price: 3 } },
    ],
    bad: [
      { payload: { count: 1 }, path: 'payload.good_id' },
      { payload: { good_id: 'apple' }, path: 'payload.count' },
      { payload: { good_id: 'apple', count: 0 }, path: 'payload.count' },
      { payload: { good_id: 'apple', count: 1.5 }, path: 'payload.count' },
      { payload: { good_id: 'apple', count: 1001 }, path: 'payload.count' },
      { payload: { good_id: 'apple', count: 1, idempotency_key: 'short' }, path: 'payload.idempotency_key' },
      { payload: { good_id: 'apple', count: 1, expected_price: -1 }, path: 'payload.expected_price' },
    ],
  },
  'core.game.room.join': {
    good: [{ payload: { room_id: 'r' } }, { payload: { room_id: 'another', options: { side: 'left' } } }],
    bad: [
      ...badRooms,
      { payload: {}, path: 'payload.room_id' },
      { payload: { room_id: null }, path: 'payload.room_id' },
      { payload: { room_id: 'r', options: 'x' }, path: 'payload.options' },
      { payload: { room_id: 'r', as: 'guest' }, path: 'payload.as' },
      { payload: { room_id: 'r', as: null }, path: 'payload.as' },
      { payload: { room_id: 'r', password: '' }, path: 'payload.password' },
      { payload: { room_id: 'r', password: 'p'.repeat(129) }, path: 'payload.password' },
    ],
  },
  'core.game.room.find': {
    code: 'GAME_NOT_FOUND',
    good: [
      { payload: { game: 'none' } },
      { payload: { game: 'none', where: { a: 1, b: { in: ['x', true] }, c: { gte: 1, lte: 2 } }, options: { a: 1 } } },
    ],
    bad: [
      ...badGames,
      ...badFilters,
      { payload: { game: 'none', options: 'x' }, path: 'payload.options' },
      { payload: { game: 'none', options: [] }, path: 'payload.options' },
      { payload: { game: 'none', party: ['bob'] }, path: 'payload.party' },
    ],
  },
  'core.game.room.list': {
    code: 'GAME_NOT_FOUND',
    good: [
      { payload: { game: 'none' } },
      { payload: { game: 'none', where: { a: { lte: 2 } }, limit: 100, cursor: 'none:x' } },
    ],
    bad: [
      ...badGames,
      ...badFilters,
      { payload: { game: 'none', limit: 0 }, path: 'payload.limit' },
      { payload: { game: 'none', limit: 101 }, path: 'payload.limit' },
      { payload: { game: 'none', cursor: '../x' }, path: 'payload.cursor' },
    ],
  },
  'core.game.room.leave': {
    good: [{ payload: { room_id: 'another' } }],
    bad: [...badRooms, { payload: {}, path: 'payload.room_id' }],
  },
  'core.game.room.input': {
    code: 'FORBIDDEN', // there is no game in it
    good: [{ payload: { name: 'place', input: 1, seq: 0 }, room: 'r' }],
    bad: [
      { payload: {}, path: 'payload.input' },
      { payload: { name: 'place', input: 1 }, path: 'room' },
      ...[7, null, '', LONG].map((name) => ({
        payload: { name, input: 1 },
        room: 'r',
        path: 'payload.name',
      })),
      ...['1', -1, 1.5, 2 ** 53, null].map((seq) => ({
        payload: { name: 'place', input: 1, seq },
        room: 'r',
        path: 'payload.seq',
      })),
    ],
  },
  'core.game.room.snapshot': {
    code: 'FORBIDDEN', // there is no game in it
    good: [{ payload: {}, room: 'r' }],
    bad: [{ payload: {}, path: 'room' }],
  },
  'core.game.state.get': {
    good: [{ payload: {} }, { payload: { room_id: 'r' } }, { payload: { room_id: null }, room: 'r' }],
    bad: badRooms,
  },
  'core.game.presence.list': {
    good: [{ payload: {} }, { payload: { room_id: 'r', limit: 1, cursor: 'alice' } }, { payload: {}, room: 'r' }],
    bad: [
      ...badRooms,
      { payload: { limit: 0 }, path: 'payload.limit' },
      { payload: { limit: 1e9 }, path: 'payload.limit' },
      { payload: { limit: '10' }, path: 'payload.limit' },
      { payload: { cursor: '../x' }, path: 'payload.cursor' },
    ],
  },
  'core.game.session.refresh': {
    good: [], // see sessions.test.ts
    bad: [
      { payload: {}, path: 'payload.token' },
      { payload: { token: 7 }, path: 'payload.token' },
    ],
  },
  'core.game.session.ping': { good: [{ payload: {} }, { payload: { more: 1 } }], bad: [] },
}

const EVENT_TYPES = [...COMMANDS.keys()]
const GOLD = { userId: 'alice' as never, currency: 'gold', amount: 1_000, idempotencyKey: 'gold-for-alice-1' }
const APPLE = {
  id: 'apple',
  name: 'Apple',
  price: 3,
  currency: 'gold',
  stock: null,
  per_user_limit: null,
  sale_from: null,
  sale_until: null,
}

t.test('every command is tried here', async (t) => {
  t.strictSame(new Set(Object.keys(TRIED)), new Set(EVENT_TYPES))
})

for (const encoding of ['json', 'msgpack'] as const) {
  t.test(`each command is carried out, and says what is wrong with a bad payload: ${encoding}`, async (t) => {
    const { house, enter } = await openHouse(t, { env: { RATE_MESSAGES: '10000' } })
    await house.ask('goodPut', { good: APPLE, ifRevision: null })
    await house.ask('playerCredit', GOLD)
    const alice = await enter('alice', { encoding })
    await enter('bob')
    await alice.ask('core.game.room.join', { room_id: 'r' })
    for (const eventType of EVENT_TYPES) {
      const { good, bad, code = 'ok' } = TRIED[eventType] as Tried
      for (const { payload, room } of good) {
        const reply = await alice.ask(eventType, payload, room === undefined ? {} : { room })
        t.equal(reply.error?.code ?? 'ok', code, `${eventType} ${JSON.stringify(payload)}`)
      }
      for (const { payload, room, path } of bad) {
        const { error } = await alice.ask(eventType, payload, room === undefined ? {} : { room })
        t.equal(
          `${error?.code} ${error?.details?.path}`,
          `BAD_REQUEST ${path}`,
          `${eventType} ${JSON.stringify(payload)}`,
        )
      }
    }
    t.equal(alice.closed, undefined, 'a bad payload is no bad frame')
  })
}

t.test('an envelope that is none is refused with its path, to its id where that can be read', async (t) => {
  const { enter } = await openHouse(t)
  const ping = { eventType: 'core.game.session.ping', payload: {} }
  const bad = {
    id: { id: '', ...ping },
    eventType: { id: 'x', payload: {} },
    payload: { id: 'x', eventType: ping.eventType, payload: [] },
    room: { id: 'x', ...ping, room: 'a/b' },
  }
  for (const [path, envelope] of Object.entries(bad)) {
    const client = await enter('alice')
    client.send(envelope)
    await client.until(() => client.replies.length === 1)
    t.match(client.replies, [{ success: false, error: { code: 'BAD_REQUEST', details: { path } } }], path)
    t.equal(client.replies[0]?.replyTo, path === 'id' ? undefined : 'x')
  }
  const alice = await enter('alice')
  t.match(await alice.ask('core.game.state.destroy', {}), { error: { code: 'UNKNOWN_EVENT' } })
  t.match(await alice.ask('core.game.session.ready', {}), { error: { code: 'UNKNOWN_EVENT' } }, "a server's event")
})

t.test('a request without an id is answered only where it fails', async (t) => {
  const { enter } = await openHouse(t)
  const alice = await enter('alice')
  alice.send({ eventType: 'core.game.session.ping', payload: {} })
  alice.send({ eventType: 'core.game.room.leave', payload: { room_id: 'r' } })
  await alice.ask('core.game.session.ping', {})
  t.match(alice.replies, [{ success: false, error: { code: 'NOT_IN_ROOM' } }, { success: true }])
})

t.test('outside of a room nothing can be said in it or read of it', async (t) => {
  const { enter } = await openHouse(t)
  const [member, outsider] = [await enter('member'), await enter('outsider')]
  await member.ask('core.game.room.join', { room_id: 'club' })
  for (const eventType of EVENT_TYPES) {
    if (eventType === 'core.game.room.join' || eventType === 'core.game.room.find') continue
    const [good] = (TRIED[eventType] as Tried).good
    const isAboutRooms = eventType === 'core.game.room.leave'
    const payload = isAboutRooms ? { room_id: 'club' } : (good?.payload ?? { token: 'x' })
    const { error } = await outsider.ask(eventType, payload, isAboutRooms ? {} : { room: 'club' })
    t.equal(error?.code, 'NOT_IN_ROOM', eventType)
  }
  for (const eventType of ['core.game.state.get', 'core.game.presence.list']) {
    t.match(await outsider.ask(eventType, { room_id: 'club' }), { error: { code: 'NOT_IN_ROOM' } })
  }
  t.strictSame(member.heard, [])
})

for (const denied of EVENT_TYPES) {
  t.test(`${denied} can be denied to guests and to players`, async (t) => {
    const env = { GUEST_DENIED_EVENTS: denied, PRIVATE_DENIED_EVENTS: denied }
    const { enter, enterAsGuest } = await openHouse(t, { env })
    const [player, guest] = [await enter('alice'), await enterAsGuest()]
    t.match(await player.ask(denied, {}), { error: { code: 'FORBIDDEN' } })
    t.match(await guest.ask(denied, {}), { error: { code: 'AUTH_REQUIRED' } })
    const other = EVENT_TYPES.find((eventType) => eventType !== denied && eventType !== 'core.game.session.refresh')
    const { error } = await guest.ask(String(other), {})
    t.match(error?.code, /BAD_REQUEST|NOT_IN_ROOM/, 'others are not')
  })
}

t.test('by default a guest may do everything but buy', async (t) => {
  const { enterAsGuest } = await openHouse(t)
  const guest = await enterAsGuest()
  t.match(await guest.ask('core.game.state.buy_good', { good_id: 'apple', count: 1 }), {
    error: { code: 'AUTH_REQUIRED' },
  })
  t.ok((await guest.ask('core.game.state.broadcast', { message: 1 })).success)
  t.ok((await guest.ask('core.game.state.send_message', { target_user_id: guest.userId, text: 'me' })).success)
})

t.test('while a worker drains every command but the ping is refused with a time', async (t) => {
  const { house, enter } = await openHouse(t, { env: { WORKERS: '1' } })
  const alice = await enter('alice')
  house.worker(0).parts.realTime.dispatch.drain()
  for (const eventType of EVENT_TYPES) {
    const reply = await alice.ask(eventType, {})
    if (eventType === 'core.game.session.ping') t.ok(reply.success)
    else t.match(reply, { error: { code: 'DRAINING', details: { retry_after_ms: 1_000 } } }, eventType)
  }
})

t.test('what a client claims to be or to know of the log is overwritten', async (t) => {
  const { enter } = await openHouse(t)
  const [alice, bob] = [await enter('alice'), await enter('bob')]
  const claims = { userId: 'root', offset: 999, prev: 7, timestamp: 1, namespace: 'guest', channel: 'user' }
  const { data } = await alice.ask('core.game.state.broadcast', { message: 'mine', user_id: 'root' }, claims)
  await bob.until(() => bob.heard.length === 1)
  const [event] = bob.events
  t.match(event, { userId: 'alice', namespace: 'private', offset: data?.['offset'], payload: { message: 'mine' } })
  t.ok(Number(event?.['timestamp']) > 1)
})

t.test('a defect in a command is answered INTERNAL with an id, and the connection stays', async (t) => {
  const { enter } = await openHouse(t)
  const alice = await enter('alice')
  const broken = COMMANDS.get('core.game.state.get')
  if (!broken) throw new Error('there is no such command')
  const whole = { ...broken }
  t.teardown(() => Object.assign(broken, whole))
  broken.run = () => {
    throw new TypeError('a defect')
  }
  t.match(await alice.ask('core.game.state.get', {}), { error: { code: 'INTERNAL', details: { trace_id: String } } })
  t.ok((await alice.ask('core.game.session.ping', {})).success)
})
