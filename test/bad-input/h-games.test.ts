import t from 'tap'
import { isGameFrame } from '../../src/protocol/game-frames.ts'
import { Refusal } from '../../src/protocol/errors.ts'
import { openGameWire } from '../helpers/house/game-wire.ts'
import type { PlainClient } from '../helpers/house/plain-client.ts'

const JOIN = 'core.game.room.join'
const FIND = 'core.game.room.find'
const LIST = 'core.game.room.list'
const INPUT = 'core.game.room.input'
const ROOM = 'counter:abc'

async function openRoom(t: Parameters<typeof openGameWire>[0], env: Readonly<Record<string, string>> = {}) {
  const wire = await openGameWire(t, env)
  return { ...wire, room: wire.primary.makeRoom(ROOM) }
}

/** `BAD_REQUEST payload.x`, or `ok`. */
async function said(client: PlainClient, eventType: string, payload: unknown, room?: string): Promise<string> {
  const { error } = await client.ask(eventType, payload, room === undefined ? {} : { room })
  return error ? `${error.code} ${error.details?.path ?? ''}`.trim() : 'ok'
}

t.test('filters of 10,000 terms, and with values of 10,000, are refused, and nobody is asked', async (t) => {
  const { enter, primary } = await openRoom(t, {
    MAX_PAYLOAD_BYTES: '1MiB',
    MAX_PAYLOAD_BYTES_HARD: '2MiB',
    RATE_BYTES: '10MiB',
  })
  const alice = await enter('alice')
  const many = Array.from({ length: 10_000 }, (_, i) => i)
  const filters = [Object.fromEntries(many.map((i) => [`f${i}`, i])), { phase: { in: many } }]
  for (const where of filters) {
    for (const eventType of [FIND, LIST])
      t.match(await said(alice, eventType, { game: 'counter', where }), /^BAD_REQUEST/)
  }
  for (const stay of [0, 1, null, 'true', {}])
    t.equal(await said(alice, FIND, { game: 'counter', stay }), 'BAD_REQUEST payload.stay')
  t.strictSame([...primary.argsOf('find'), ...primary.argsOf('gameRooms')], [])
})

t.test('what the primary refuses is passed on as it is, and the room goes on', async (t) => {
  const { enter, primary } = await openRoom(t)
  const alice = await enter('alice')
  const refusals: readonly [method: string, eventType: string, payload: object, refusal: Refusal][] = [
    ['find', FIND, { game: 'none' }, new Refusal('GAME_NOT_FOUND', 'there is no game "none"')],
    [
      'find',
      FIND,
      { game: 'counter', where: { no: 1 } },
      new Refusal('BAD_REQUEST', 'no', { path: 'payload.where.no' }),
    ],
    [
      'find',
      FIND,
      { game: 'counter', options: { map: 7 } },
      new Refusal('BAD_REQUEST', 'no', { path: 'payload.options.map' }),
    ],
    ['join', JOIN, { room_id: ROOM }, new Refusal('ROOM_FULL', 'no seat is left')],
    ['join', JOIN, { room_id: ROOM }, new Refusal('ROOM_LOCKED', 'nobody gets in')],
    ['join', JOIN, { room_id: ROOM }, new Refusal('ROOM_OVER', 'it is over')],
    ['join', JOIN, { room_id: ROOM, password: 'wrong' }, new Refusal('FORBIDDEN', 'another password')],
    [
      'join',
      JOIN,
      { room_id: ROOM, password: 'wrong' },
      new Refusal('RATE_LIMITED', 'too many', { retry_after_ms: 9 }),
    ],
    ['join', JOIN, { room_id: ROOM }, new Refusal('REFUSED', 'the game refused', { code: 'TOO_LATE' })],
    ['join', JOIN, { room_id: ROOM }, new Refusal('MOVED', 'it is elsewhere', { url: 'wss://n2' })],
    ['join', JOIN, { room_id: ROOM }, new Refusal('GAME_FAILED', 'join threw', { trace_id: 'abc' })],
  ]
  for (const [method, eventType, payload, refusal] of refusals) {
    primary.refusals.set(method, refusal)
    const { error } = await alice.ask(eventType, payload)
    t.strictSame(error, refusal.toBody(), `${eventType} ${refusal.code}`)
    t.match(await alice.ask(INPUT, { name: 'place', input: {} }, { room: ROOM }), { error: { code: 'NOT_IN_ROOM' } })
  }
  primary.refusals.clear()
  t.equal(await said(alice, JOIN, { room_id: ROOM }), 'ok')
  for (const code of ['FORBIDDEN', 'NOT_IN_ROOM', 'RATE_LIMITED', 'OVERLOADED', 'REFUSED', 'GAME_FAILED'] as const) {
    primary.refusals.set('gameInput', new Refusal(code, 'no', { code: 'NOT_YET' }))
    t.match(await alice.ask(INPUT, { name: 'place', input: {} }, { room: ROOM }), {
      error: { code, details: { code: 'NOT_YET' } },
    })
  }
  primary.refusals.clear()
  t.equal(await said(alice, INPUT, { name: 'place', input: {} }, ROOM), 'ok')
})

t.test('inputs that are none never leave the worker', async (t) => {
  const { enter, primary } = await openRoom(t)
  const alice = await enter('alice')
  await alice.ask(JOIN, { room_id: ROOM })
  const bad: readonly [path: string, payload: unknown][] = [
    ['payload.input', { name: 'place' }],
    ['payload.name', { input: 1 }],
    ['payload.name', { name: 'n'.repeat(65), input: 1 }],
    ['payload.seq', { name: 'place', input: 1, seq: 2 ** 53 }],
    ['payload.seq', { name: 'place', input: 1, seq: -1 }],
    ['payload.seq', { name: 'place', input: 1, seq: 0.5 }],
    ['payload.input.__proto__', { name: 'place', input: JSON.parse('{"__proto__":1}') as unknown }],
  ]
  for (const [path, payload] of bad) t.equal(await said(alice, INPUT, payload, ROOM), `BAD_REQUEST ${path}`)
  const text = (input: string) =>
    `{"id":"x","eventType":"${INPUT}","room":"${ROOM}","payload":{"name":"place","input":${input}}}`
  for (const input of ['NaN', 'Infinity', '1e400', '-1e400']) {
    alice.sendRaw(text(input))
    await alice.until(() => alice.replies.at(-1)?.error?.code === 'BAD_REQUEST', input)
  }
  t.strictSame(primary.argsOf('gameInput'), [])
  t.equal(alice.closed, undefined)
})

t.test('an input of 10 MB is answered, and ends the connection that sent it and no other', async (t) => {
  const { enter, primary, room, pass } = await openRoom(t)
  const [alice, bob] = [await enter('alice'), await enter('bob')]
  for (const client of [alice, bob]) await client.ask(JOIN, { room_id: ROOM })
  t.match(await alice.ask(INPUT, { name: 'say', input: 'x'.repeat(10_000_000) }, { room: ROOM }), {
    error: { code: 'PAYLOAD_TOO_LARGE' },
  })
  t.match(await alice.end(), { code: 1009 })
  primary.change(room, { n: 1 })
  await pass(100)
  t.equal(bob.events.at(-1)?.['tick'], 1)
})

t.test('`seq` is passed on as it comes: it is the client that counts', async (t) => {
  const { enter, primary } = await openRoom(t)
  const alice = await enter('alice')
  await alice.ask(JOIN, { room_id: ROOM })
  const seqs = [5, 4, 4, 1_000_000, 2 ** 53 - 1, 0]
  for (const seq of seqs) t.equal(await said(alice, INPUT, { name: 'place', input: {}, seq }, ROOM), 'ok')
  t.equal(await said(alice, INPUT, { name: 'place', input: {} }, ROOM), 'ok')
  t.strictSame(
    primary.argsOf('gameInput').map(({ seq }) => seq),
    [...seqs, null],
  )
})

t.test('inputs of two connections of a seat go on in the order in which they came, each answered', async (t) => {
  const { enter, primary, pass } = await openRoom(t)
  const devices = [await enter('alice'), await enter('alice')]
  for (const device of devices) await device.ask(JOIN, { room_id: ROOM })
  for (let seq = 0; seq < 30; seq++) devices[seq % 2]?.request(INPUT, { name: 'place', input: {}, seq }, { room: ROOM })
  await pass(100)
  const seqs = primary.argsOf('gameInput').map(({ seq }) => Number(seq))
  for (const parity of [0, 1]) {
    const own = seqs.filter((seq) => seq % 2 === parity)
    t.strictSame(
      own,
      own.toSorted((a, b) => a - b),
    )
    t.equal(own.length, 15)
  }
  for (const device of devices) t.equal(device.replies.filter(({ success }) => success).length, 16)
})

t.test(
  'above the rate inputs are refused, those without an id, too; the connection is closed if it goes on',
  async (t) => {
    const { enter, primary, pass } = await openRoom(t, { RATE_MESSAGES: '10' })
    const alice = await enter('alice')
    await alice.ask(JOIN, { room_id: ROOM })
    for (let seq = 0; seq < 100; seq++) {
      alice.send({ eventType: INPUT, room: ROOM, payload: { name: 'place', input: {}, seq } })
    }
    await pass(100)
    const refused = alice.replies.filter(({ error }) => error?.code === 'RATE_LIMITED')
    t.equal(refused.length + primary.argsOf('gameInput').length, 100, 'none is dropped in silence')
    t.ok(refused.every(({ error }) => Number(error?.details?.['retry_after_ms']) > 0))
    for (let i = 0; i < 150; i++) {
      for (let n = 0; n < 20; n++) alice.send({ eventType: INPUT, room: ROOM, payload: { name: 'place', input: {} } })
      await pass(100)
    }
    t.match(alice.closed, { code: 4004 })
  },
)

/** A binary input: kind, flags, then varints. */
const frame = (...bytes: number[]) => Uint8Array.from([0xc1, ...bytes])
const ID = [2, 0x69, 0x31] // "i1"

t.test('a binary input goes to the host as it is', async (t) => {
  const { enter, primary, room } = await openRoom(t)
  const alice = await enter('alice', { encoding: 'msgpack' })
  await alice.ask(JOIN, { room_id: ROOM })
  alice.sendRaw(frame(2, 3, room.handle, 1, 0x85, 0x02, ...ID, 9, 8, 7))
  await alice.until(() => alice.replies.length === 2)
  t.match(alice.replies[1], { replyTo: 'i1', success: true, data: { tick: 0 } })
  t.match(primary.argsOf('gameInput'), [{ room: ROOM, name: 'say', seq: 261 }])
  t.strictSame(Buffer.from(primary.argsOf('gameInput')[0]?.['input'] as Uint8Array), Buffer.from([9, 8, 7]))
  alice.sendRaw(frame(2, 0, room.handle, 0))
  await alice.until(() => primary.argsOf('gameInput').length === 2)
  t.match(primary.argsOf('gameInput')[1], { name: 'place', seq: null })
  t.equal(alice.replies.length, 2, 'without an id it is answered only where it fails')
})

t.test(
  'binary inputs that are cut off, of another room, kind, version or input are refused, to their id',
  async (t) => {
    const { enter, primary } = await openRoom(t)
    const other = primary.makeRoom('counter:other')
    const alice = await enter('alice', { encoding: 'msgpack' })
    await alice.ask(JOIN, { room_id: ROOM })
    const named: readonly [error: object, bytes: Uint8Array][] = [
      [{ code: 'NOT_IN_ROOM' }, frame(2, 2, 99, 0, ...ID)],
      [{ code: 'NOT_IN_ROOM' }, frame(2, 2, other.handle, 0, ...ID)],
      [{ code: 'BAD_REQUEST', details: { path: 'name' } }, frame(2, 2, 1, 2, ...ID)],
    ]
    for (const [error, bytes] of named) {
      const before = alice.replies.length
      alice.sendRaw(bytes)
      await alice.until(() => alice.replies.length > before)
      t.match(alice.replies.at(-1), { replyTo: 'i1', error })
    }
    t.equal(alice.closed, undefined, 'those are mistakes of a game')
    t.strictSame(primary.argsOf('gameInput'), [])
  },
)

t.test('frames that begin as those of games and are none are refused, and the fifth ends the connection', async (t) => {
  const bad = [
    frame(),
    frame(2),
    frame(2, 0),
    frame(2, 0, 1),
    frame(2, 1, 1, 0),
    frame(2, 2, 1, 0, 9, 0x69),
    frame(2, 2, 1, 0, 2, 0xff, 0xfe),
    frame(1, 0, 1, 0),
    frame(3, 0, 1, 0),
    frame(2, 4, 1, 0),
    frame(2, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
    frame(2, 1, 1, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10),
    frame(2, 0, 0x80, 0x80, 0x80, 0x80, 0x10, 0),
  ]
  const { enter, primary } = await openRoom(t)
  for (const bytes of bad) {
    t.ok(isGameFrame(bytes))
    const alice = await enter('alice', { encoding: 'msgpack' })
    await alice.ask(JOIN, { room_id: ROOM })
    alice.sendRaw(bytes)
    await alice.until(() => alice.replies.length === 2)
    t.match(alice.replies[1], { success: false, error: { code: 'BAD_REQUEST' } }, Buffer.from(bytes).toString('hex'))
    t.notOk(alice.replies[1] && 'replyTo' in alice.replies[1])
    for (let n = 0; n < 4; n++) alice.sendRaw(bytes)
    t.match(await alice.end(), { code: 4500 })
  }
  t.strictSame(primary.argsOf('gameInput'), [])
})

t.test('a JSON client has no binary inputs', async (t) => {
  const { enter, room } = await openRoom(t)
  const alice = await enter('alice')
  await alice.ask(JOIN, { room_id: ROOM })
  alice.sendRaw(frame(2, 0, room.handle, 0))
  t.match(await alice.end(), { code: 1003 })
})

t.test('a binary input that is too large or too many is answered to its id', async (t) => {
  const { enter, room } = await openRoom(t)
  const alice = await enter('alice', { encoding: 'msgpack' })
  await alice.ask(JOIN, { room_id: ROOM })
  alice.sendRaw(Buffer.concat([frame(2, 2, room.handle, 0, ...ID), Buffer.alloc(100_000)]))
  await alice.until(() => alice.replies.length === 2)
  t.match(alice.replies[1], { replyTo: 'i1', error: { code: 'PAYLOAD_TOO_LARGE' } })
  t.match(await alice.end(), { code: 1009 })
})
