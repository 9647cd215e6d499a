/** Bad broadcasts, messages, rooms and resumes, against a real server over real sockets. */
import { encode } from './msgpack.ts'
import t from 'tap'
import { until } from '../helpers/until.ts'
import { openClient, type Reply, type TestClient } from '../helpers/client.ts'
import { startServer } from '../helpers/server.ts'
import { codeOf, shown, stayedUp } from './support.ts'

const BROADCAST = 'core.game.state.broadcast'
const MESSAGE = 'core.game.state.send_message'
const JOIN = 'core.game.room.join'
const LEAVE = 'core.game.room.leave'
const STATE = 'core.game.state.get'
const PRESENCE = 'core.game.presence.list'

const server = await startServer(t, { PRIVATE_DENIED_EVENTS: 'core.game.room.input' })
const open = (user: string, query = {}) => openClient(server, { token: server.mint(user), query })

/** `BAD_REQUEST payload.x`, or `ok`. */
const said = (reply: Reply) => `${codeOf(reply)} ${reply.error?.details?.path ?? ''}`.trim()

t.test('payloads that are not what the event wants are refused with the place', async (t) => {
  const alice = await open('alice')
  const bad: readonly [string, string, unknown][] = [
    [BROADCAST, 'payload.message', {}],
    [BROADCAST, 'payload.message', { Message: 1 }],
    [BROADCAST, 'payload.retain', { message: 1, retain: 'true' }],
    [BROADCAST, 'payload.retain', { message: 1, retain: 1 }],
    [BROADCAST, 'payload.delivery', { message: 1, delivery: 'newest' }],
    [BROADCAST, 'payload.delivery', { message: 1, delivery: null }],
    [BROADCAST, 'payload.key', { message: 1, key: '' }],
    [BROADCAST, 'payload.key', { message: 1, delivery: 'must', key: 'a' }],
    [BROADCAST, 'payload.key', { message: 1, delivery: 'latest', key: '' }],
    [BROADCAST, 'payload.key', { message: 1, delivery: 'latest', key: 'x'.repeat(65) }],
    [BROADCAST, 'payload.key', { message: 1, delivery: 'latest', key: 7 }],
    [MESSAGE, 'payload', { target_user_id: 'alice' }],
    [MESSAGE, 'payload', { target_user_id: 'alice', text: 'a', data: 1 }],
    [MESSAGE, 'payload.text', { target_user_id: 'alice', text: 7 }],
    [MESSAGE, 'payload.text', { target_user_id: 'alice', text: null }],
    [MESSAGE, 'payload.target_user_id', { text: 'a' }],
    [MESSAGE, 'payload.target_user_id', { target_user_id: '', text: 'a' }],
    [MESSAGE, 'payload.target_user_id', { target_user_id: 'a/b', text: 'a' }],
    [MESSAGE, 'payload.target_user_id', { target_user_id: 'a'.repeat(65), text: 'a' }],
    [MESSAGE, 'payload.target_user_id', { target_user_id: ['alice'], text: 'a' }],
    [JOIN, 'payload.options', { room_id: 'a', options: 'x' }],
    [PRESENCE, 'payload.limit', { limit: 0 }],
    [PRESENCE, 'payload.limit', { limit: 1e9 }],
    [PRESENCE, 'payload.limit', { limit: '10' }],
    [PRESENCE, 'payload.cursor', { cursor: '../x' }],
  ]
  for (const [eventType, path, payload] of bad) {
    t.equal(said(await alice.request(eventType, payload)), `BAD_REQUEST ${path}`, shown(payload))
  }
  t.match(await alice.request(BROADCAST, { message: null }), { success: true }, 'null is a value')
  await alice.close()
})

t.test('a room id has 1 to 64 characters of a small alphabet', async (t) => {
  const alice = await open('alice')
  const bad = ['', 'a'.repeat(65), 'a/b', '#a', 'a b', 'a\nb', 'a\0b', '\u202Ea', 'ä', '😀', 7, null, [], {}, undefined]
  for (const room_id of bad) {
    for (const eventType of [JOIN, LEAVE]) {
      const answer = said(await alice.request(eventType, { room_id }))
      t.equal(answer, 'BAD_REQUEST payload.room_id', shown(room_id))
    }
    if (room_id === null || room_id === undefined) continue // the namespace
    for (const eventType of [STATE, PRESENCE]) {
      const answer = said(await alice.request(eventType, { room_id }))
      t.equal(answer, 'BAD_REQUEST payload.room_id', shown(room_id))
    }
  }
  t.equal(said(await alice.request(JOIN, { room_id: 'a'.repeat(64) })), 'ok')
  await alice.close()
})

t.test('a room that was not joined is closed to its outsiders', async (t) => {
  const [member, outsider] = await Promise.all([open('member'), open('outsider')])
  await member.request(JOIN, { room_id: 'club' })
  const room = { room: 'club' }
  const asked = [
    await outsider.request(BROADCAST, { message: 1 }, room),
    await outsider.request(BROADCAST, { message: 1, retain: true }, room),
    await outsider.request(STATE, { room_id: 'club' }),
    await outsider.request(STATE, {}, room),
    await outsider.request(PRESENCE, { room_id: 'club' }),
    await outsider.request(PRESENCE, {}, room),
    await outsider.request(LEAVE, { room_id: 'club' }),
    await outsider.request(BROADCAST, { message: 1 }, { room: 'nowhere' }),
  ]
  for (const reply of asked) t.equal(codeOf(reply), 'NOT_IN_ROOM')
  t.match(await member.request(STATE, { room_id: 'club' }), { data: { state: null } }, 'nothing was kept')
  await outsider.request(JOIN, { room_id: 'club' })
  await outsider.request(LEAVE, { room_id: 'club' })
  t.equal(codeOf(await outsider.request(BROADCAST, { message: 1 }, room)), 'NOT_IN_ROOM', 'nor after it left')
  await member.request(BROADCAST, { message: 'last' }, room)
  await member.next(({ eventType }) => eventType === BROADCAST)
  t.strictSame(broadcasts(member), ['last'], 'and nothing was heard before that')
  await Promise.all([member.close(), outsider.close()])
})

t.test('rooms that are full, of another namespace or not there are said so', async (t) => {
  await server.admin('POST', '/api/v1/rooms', { room_id: 'cell', namespace: 'private', capacity: 1 })
  const [alice, bob, guest] = await Promise.all([open('alice'), open('bob'), openClient(server)])
  t.equal(codeOf(await alice.request(JOIN, { room_id: 'cell' })), 'ok')
  t.equal(codeOf(await alice.request(JOIN, { room_id: 'cell' })), 'ok', 'joining twice is joining')
  t.equal(codeOf(await bob.request(JOIN, { room_id: 'cell' })), 'ROOM_FULL')
  t.equal(codeOf(await bob.request(BROADCAST, { message: 1 }, { room: 'cell' })), 'NOT_IN_ROOM')
  t.equal(codeOf(await guest.request(JOIN, { room_id: 'cell' })), 'ROOM_NOT_FOUND', "another namespace's")
  t.equal(codeOf(await guest.request(JOIN, { room_id: 'a-new-one' })), 'ROOM_NOT_FOUND', 'guests make none')
  await Promise.all([alice.close(), bob.close(), guest.close()])
})

t.test('room 33 of a connection is one too many, also where all are asked for at once', async (t) => {
  const alice = await open('alice')
  const replies = await Promise.all(Array.from({ length: 40 }, (_, i) => alice.request(JOIN, { room_id: `r${i}` })))
  t.strictSame(replies.map(codeOf).slice(0, 33), [...Array.from({ length: 32 }, () => 'ok'), 'ROOM_LIMIT'])
  t.equal(codeOf(await alice.request(JOIN, { room_id: 'r0' })), 'ok', 'one that it is in already')
  await alice.request(LEAVE, { room_id: 'r0' })
  t.equal(codeOf(await alice.request(JOIN, { room_id: 'r39' })), 'ok', 'one left, one joined')
  t.equal(codeOf(await alice.request(JOIN, { room_id: 'r0' })), 'ROOM_LIMIT')
  await alice.close()
})

t.test('what is not allowed, and who is not there', async (t) => {
  const [alice, guest] = await Promise.all([open('alice'), openClient(server)])
  t.equal(codeOf(await alice.request('core.game.room.input', { input: 1 }, { room: 'x' })), 'FORBIDDEN')
  t.equal(codeOf(await guest.request('core.game.state.buy_good', { good_id: 'potion', count: 1 })), 'AUTH_REQUIRED')
  const offline = await alice.request(MESSAGE, { target_user_id: 'nobody', text: 'hello?' })
  t.match(offline, { success: false, error: { code: 'USER_OFFLINE', retryable: true } })
  await Promise.all([alice.close(), guest.close()])
})

t.test('what a client claims to be or to know of the log is overwritten', async (t) => {
  const [alice, bob] = await Promise.all([open('alice'), open('bob')])
  const claims = { userId: 'root', offset: 999_999, prev: 7, timestamp: 1, namespace: 'guest', id: 'claimed' }
  const before = Date.now()
  const { data = {} } = await alice.request(BROADCAST, { message: 'mine', user_id: 'root' }, { ...claims })
  const event = await bob.next(({ eventType }) => eventType === BROADCAST)
  t.match(event, { userId: 'alice', namespace: 'private', offset: data['offset'], payload: { message: 'mine' } })
  t.ok(Number(event['timestamp']) >= before - 1000)
  t.not(event['id'], 'claimed')

  await alice.request(MESSAGE, { target_user_id: 'bob', text: 'hi', from: 'root' }, claims)
  t.match(await bob.next(({ eventType }) => eventType === MESSAGE), { userId: 'alice' })
  await Promise.all([alice.close(), bob.close()])
})

t.test('text of any kind is data, and comes out as well-formed JSON', async (t) => {
  const [alice, json, msgpack] = await Promise.all([
    open('alice'),
    open('bob'),
    openClient(server, { token: server.mint('carol'), encoding: 'msgpack' }),
  ])
  const texts = [
    '<script>alert(1)</script>',
    '\u202Etxt.exe',
    '\u0000\u0001\u007f',
    '\u2028\u2029',
    "'; DROP TABLE x;--",
  ]
  const values = [...texts, '𝄞😀', '\uFFFF', '\uFEFF', { 'ключ "<&': '\\u0000' }, '', 'a'.repeat(5000)]
  for (const value of values) {
    await alice.request(BROADCAST, { message: value })
    for (const peer of [json, msgpack]) {
      const { payload } = await peer.next(({ eventType }) => eventType === BROADCAST)
      t.strictSame(payload, { message: value }, shown(value))
    }
  }
  // Half a character: `ws` closes a connection that gets text that is not UTF-8.
  for (const half of ['\uD800', 'a\uDC00b', '\uDC00\uD800']) {
    await alice.request(BROADCAST, { message: half })
    const { payload } = await json.next(({ eventType }) => eventType === BROADCAST)
    t.strictSame(payload, { message: half })
    await msgpack.next(({ eventType }) => eventType === BROADCAST)
  }
  await Promise.all([alice.close(), json.close(), msgpack.close()])
})

t.test('msgpack strings that are not UTF-8 are refused', async (t) => {
  const sender = await openClient(server, { token: server.mint('alice'), encoding: 'msgpack' })
  sender.sendBytes(encode({ id: 'u1', eventType: BROADCAST, payload: { message: Buffer.of(0x61, 0xc3, 0x28, 0xff) } }))
  const { payload: _, ...frame } = await sender.next(({ eventType }) => eventType === 'core.game.reply')
  t.match(frame, { success: false, error: { code: 'BAD_REQUEST' } })
  await sender.close()
})

t.test('a resume that cannot be whole is not recovered, and never partial', async (t) => {
  const first = await open('alice')
  await first.request(JOIN, { room_id: 'camp' })
  const { epoch, resume_token: token } = first.ready as { epoch: string; resume_token: string }
  const since = Number((await first.request(BROADCAST, { message: 'seen' })).data?.['offset'])
  await first.close()
  const other = await open('bob')
  await other.request(JOIN, { room_id: 'camp' })
  for (let i = 0; i < 3; i++) await other.request(BROADCAST, { message: `missed ${i}` }, { room: 'camp' })

  const resume = (query: Readonly<Record<string, string>>) => open('alice', { resume: token, rooms: 'camp', ...query })
  const whole = await resume({ since: `${epoch}:${since}` })
  t.match(whole.ready, { recovered: true, rooms: ['camp'] }, 'the resume that the others differ from')
  await until(() => broadcasts(whole).length === 3)
  t.strictSame(broadcasts(whole), ['missed 0', 'missed 1', 'missed 2'])
  await whole.close()

  const bad = {
    'an offset ahead': { since: `${epoch}:${since + 100_000}` },
    'another epoch': { since: `${epoch.slice(1)}x:${since}` },
    'no epoch': { since: `:${since}` },
    'a negative offset': { since: `${epoch}:-1` },
    'an offset of 2^60': { since: `${epoch}:${2n ** 60n}` },
    'an offset of 2^64': { since: `${epoch}:${2n ** 64n}` },
    'a fraction': { since: `${epoch}:1.5` },
    'no number': { since: `${epoch}:abc` },
    NaN: { since: `${epoch}:NaN` },
    'an empty one': { since: '' },
    'no since': {},
    'a token cut off': { since: `${epoch}:${since}`, resume: token.slice(0, -1) },
    'a token that was changed': { since: `${epoch}:${since}`, resume: `x${token}` },
    'no token of ours': { since: `${epoch}:${since}`, resume: 'a.b' },
    "somebody else's token": { since: `${epoch}:${since}`, resume: String(other.ready['resume_token']) },
  }
  for (const [name, query] of Object.entries(bad)) {
    const client = await resume(query)
    t.match(client.frames[0], { eventType: 'core.game.session.resumed' })
    t.match(client.ready, { recovered: false, replayed: 0, reason: /^[A-Z_]+$/, rooms: ['camp'] }, name)
    await other.request(BROADCAST, { message: name }, { room: 'camp' })
    await client.next(({ payload }) => payload?.['message'] === name)
    t.strictSame(broadcasts(client), [name], 'what is new comes, and nothing of what was')
    await client.close()
  }
  await other.close()
})

t.test('rooms named in a resume that are no room ids, or too many, are passed over', async (t) => {
  const first = await open('alice')
  const token = String(first.ready['resume_token'])
  await first.close()
  const many = Array.from({ length: 40 }, (_, i) => `m${i}`)
  const client = await open('alice', {
    resume: token,
    since: '',
    rooms: ['a/b', '', 'x'.repeat(65), ...many].join(','),
  })
  t.strictSame(client.ready['rooms'], many.slice(0, 32))
  await client.close()
})

function broadcasts(client: TestClient): unknown[] {
  return client.events.flatMap(({ eventType, payload }) => (eventType === BROADCAST ? [payload?.['message']] : []))
}

t.test('after all of that the server is as it was', async (t) => stayedUp(t, server))
