import t from 'tap'
import type { RoomId } from '../../src/protocol/ids.ts'
import { codeOf, openHouse } from '../helpers/house/open-house.ts'

const BROADCAST = 'core.game.state.broadcast'
const JOIN = 'core.game.room.join'
const LEAVE = 'core.game.room.leave'
const STATE = 'core.game.state.get'
const room = (id: string) => ({ room: id as RoomId })

t.test('joining a room that does not exist makes it, for players; leaving it unmakes it', async (t) => {
  const { house, enter, enterAsGuest } = await openHouse(t)
  const [alice, guest] = [await enter('alice'), await enterAsGuest()]
  t.match(await alice.ask(JOIN, { room_id: 'new' }), { data: { room_id: 'new', members: 1, state: null } })
  t.match((await house.ask('roomGet', room('new'))).room, { capacity: 10_000, members: 1 })
  t.match(await guest.ask(JOIN, { room_id: 'new' }), { error: { code: 'ROOM_NOT_FOUND' } }, "another namespace's")
  t.match(await guest.ask(JOIN, { room_id: 'newer' }), { error: { code: 'ROOM_NOT_FOUND' } }, 'guests make none')
  await alice.ask(LEAVE, { room_id: 'new' })
  t.equal(await codeOf(house.ask('roomGet', room('new'))), 'ROOM_NOT_FOUND')
})

t.test('without ROOM_AUTO_CREATE only rooms that were made can be joined', async (t) => {
  const { house, enter, makeRoom } = await openHouse(t, { env: { ROOM_AUTO_CREATE: 'false' } })
  const alice = await enter('alice')
  t.match(await alice.ask(JOIN, { room_id: 'r' }), { error: { code: 'ROOM_NOT_FOUND' } })
  await makeRoom('r')
  t.ok((await alice.ask(JOIN, { room_id: 'r' })).success)
  await alice.ask(LEAVE, { room_id: 'r' })
  t.match(await house.ask('roomGet', room('r')), { room: { members: 0 } }, 'a room that was made stays')
})

t.test('a room takes so many users; another device of a member needs no place', async (t) => {
  const { enter, enterAll, makeRoom } = await openHouse(t)
  await makeRoom('duel', { capacity: 2 })
  const [alice, bob, carol] = await enterAll('alice', 'bob', 'carol')
  for (const client of [alice, bob]) t.ok((await client?.ask(JOIN, { room_id: 'duel' }))?.success)
  t.match(await carol?.ask(JOIN, { room_id: 'duel' }), {
    error: { code: 'ROOM_FULL', retryable: true, details: { capacity: 2 } },
  })
  const device = await enter('bob')
  t.match(await device.ask(JOIN, { room_id: 'duel' }), { data: { members: 2 } })
  await bob?.ask(LEAVE, { room_id: 'duel' })
  t.match(await carol?.ask(JOIN, { room_id: 'duel' }), { error: { code: 'ROOM_FULL' } }, 'the device is in it')
  await device.close()
  t.match(await carol?.ask(JOIN, { room_id: 'duel' }), { data: { members: 2 } })
})

t.test('joining a room twice is joining it once: one leave leaves it', async (t) => {
  const { house, enter, pass } = await openHouse(t)
  const [alice, bob] = [await enter('alice'), await enter('bob')]
  for (const client of [alice, bob, alice]) t.ok((await client.ask(JOIN, { room_id: 'r' })).success)
  const { data } = await bob.ask('core.game.presence.list', { room_id: 'r' })
  t.match(data, { users: [{ user_id: 'alice', connections: 1 }, { user_id: 'bob' }], total: 2 })
  await alice.ask(LEAVE, { room_id: 'r' })
  await bob.ask(BROADCAST, { message: 'without her' }, { room: 'r' })
  await pass(500)
  t.strictSame(alice.heard, [])
  await bob.close()
  await pass(500)
  t.equal(await codeOf(house.ask('roomGet', room('r'))), 'ROOM_NOT_FOUND')
})

t.test('of many who ask at the same time as many get in as there are places', async (t) => {
  const { house, enterAll, makeRoom } = await openHouse(t)
  await makeRoom('duel', { capacity: 3 })
  const clients = await enterAll(...Array.from({ length: 12 }, (_, i) => `user-${i}`))
  house.faults.delayMs = 20
  const replies = await Promise.all(clients.map((client) => client.ask(JOIN, { room_id: 'duel' })))
  t.equal(replies.filter(({ success }) => success).length, 3)
  t.strictSame(
    replies.flatMap(({ data }) => data?.['members'] ?? []).sort((a, b) => Number(a) - Number(b)),
    [1, 2, 3],
  )
  t.ok(replies.every(({ success, error }) => success || error?.code === 'ROOM_FULL'))
})

t.test('a connection may be in so many rooms, also if it asks for all at once', async (t) => {
  const { enter } = await openHouse(t, { env: { MAX_ROOMS_PER_CONNECTION: '3' } })
  const alice = await enter('alice')
  const ids = Array.from({ length: 5 }, (_, i) => alice.request(JOIN, { room_id: `r${i}` }))
  const codes = (await Promise.all(ids.map((id) => alice.reply(id)))).map(({ error }) => error?.code ?? 'ok')
  t.strictSame(codes, ['ok', 'ok', 'ok', 'ROOM_LIMIT', 'ROOM_LIMIT'])
  t.ok((await alice.ask(JOIN, { room_id: 'r0' })).success, 'one that it is in already')
  await alice.ask(LEAVE, { room_id: 'r0' })
  t.ok((await alice.ask(JOIN, { room_id: 'r4' })).success)
})

t.test('what is retained is given to who joins, and read back with its offset', async (t) => {
  const { enter } = await openHouse(t)
  const [alice, bob] = [await enter('alice'), await enter('bob')]
  await alice.ask(JOIN, { room_id: 'r' })
  await alice.ask(BROADCAST, { message: { round: 1 }, retain: true }, { room: 'r' })
  const { data } = await alice.ask(BROADCAST, { message: { round: 2 }, retain: true }, { room: 'r' })
  await alice.ask(BROADCAST, { message: 'not kept' }, { room: 'r' })
  const state = await alice.ask(STATE, { room_id: 'r' })
  t.match(state.data, { state: { round: 2 } })
  t.ok(Number(state.data?.['offset']) >= Number(data?.['offset']))
  t.match(await bob.ask(JOIN, { room_id: 'r' }), { data: { state: { round: 2 }, members: 2 } })
  t.match(await alice.ask(STATE, {}), { data: { state: null } }, 'the namespace has none')
  await alice.ask(BROADCAST, { message: 'of all', retain: true })
  t.match(await bob.ask(STATE, {}), { data: { state: 'of all' } })
})

t.test('what is retained while somebody joins is in the state or comes behind the reply', async (t) => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    const { house, enter } = await openHouse(t, { seed })
    const [alice, bob] = [await enter('alice'), await enter('bob')]
    await alice.ask(JOIN, { room_id: 'r' })
    house.faults.delayMs = 30
    for (let n = 1; n <= 10; n++) alice.request(BROADCAST, { message: n, retain: true }, { room: 'r' })
    await house.time.pass(seed * 5)
    const { data } = await bob.ask(JOIN, { room_id: 'r' })
    await house.time.pass(1_000)
    const state = Number(data?.['state'])
    const ofRoom = bob.events.filter(({ eventType }) => eventType === BROADCAST)
    t.strictSame(
      bob.heard,
      Array.from({ length: 10 - state }, (_, i) => state + 1 + i),
      `seed ${seed}: the state is ${state}`,
    )
    t.ok(ofRoom.every(({ offset }) => Number(offset) > Number(data?.['offset'])))
    await house.close()
  }
})

t.test('a room that is deleted has no members any more; their connections stay', async (t) => {
  const { house, enter, makeRoom } = await openHouse(t)
  await makeRoom('r')
  const members = [
    await enter('alice', { worker: house.worker(0) }),
    await enter('bob', { worker: house.worker(1), encoding: 'msgpack' }),
  ]
  for (const member of members) await member.ask(JOIN, { room_id: 'r' })
  await members[0]?.ask(BROADCAST, { message: 'last', retain: true }, { room: 'r' })
  await house.ask('roomDelete', { ...room('r'), ifTag: null })
  await house.time.pass(100)
  for (const member of members) {
    t.strictSame(member.heard, ['last'])
    t.match(await member.ask(BROADCAST, { message: 'x' }, { room: 'r' }), { error: { code: 'NOT_IN_ROOM' } })
    t.equal(member.closed, undefined)
  }
  t.match(await members[0]?.ask(JOIN, { room_id: 'r' }), { data: { members: 1, state: null } }, 'made anew, empty')
  t.equal(await codeOf(house.ask('roomDelete', { ...room('none'), ifTag: null })), 'ROOM_NOT_FOUND')
})

t.test('a deletion with a tag is refused after a change', async (t) => {
  const { house, enter, makeRoom } = await openHouse(t)
  await makeRoom('r')
  const alice = await enter('alice')
  const { tag } = await house.ask('roomGet', room('r'))
  await alice.ask(JOIN, { room_id: 'r' })
  t.equal(await codeOf(house.ask('roomDelete', { ...room('r'), ifTag: tag })), 'CONFLICT')
  const { tag: now } = await house.ask('roomGet', room('r'))
  t.equal(await house.ask('roomDelete', { ...room('r'), ifTag: now }), null)
})

t.test('the state of a room that was made by joining goes HISTORY_TTL after the last one left', async (t) => {
  const { enter, pass, makeRoom } = await openHouse(t, { env: { HISTORY_TTL: '60s' } })
  await makeRoom('kept')
  const alice = await enter('alice')
  for (const room_id of ['made', 'kept']) {
    await alice.ask(JOIN, { room_id })
    await alice.ask(BROADCAST, { message: 'state', retain: true }, { room: room_id })
    await alice.ask(LEAVE, { room_id })
  }
  await pass(50_000)
  t.match(await alice.ask(JOIN, { room_id: 'made' }), { data: { state: 'state' } }, 'who comes back finds it')
  await pass(30_000)
  await alice.ask(LEAVE, { room_id: 'made' })
  await pass(50_000)
  t.match(await alice.ask(JOIN, { room_id: 'made' }), { data: { state: 'state' } }, 'it counts from the last time')
  await alice.ask(LEAVE, { room_id: 'made' })
  await pass(70_000)
  t.match(await alice.ask(JOIN, { room_id: 'made' }), { data: { state: null } })
  t.match(await alice.ask(JOIN, { room_id: 'kept' }), { data: { state: 'state' } }, "a room's of REST stays")
})

t.test('a room of the class latest marks what is said in it', async (t) => {
  const { enter, makeRoom } = await openHouse(t)
  await makeRoom('fast', { delivery: 'latest' })
  const alice = await enter('alice')
  await alice.ask(JOIN, { room_id: 'fast' })
  await alice.ask(BROADCAST, { message: 1 }, { room: 'fast' })
  await alice.ask(BROADCAST, { message: 2, delivery: 'must' }, { room: 'fast' })
  await alice.until(() => alice.heard.length === 2)
  const [one, two] = alice.events.filter(({ eventType }) => eventType === BROADCAST)
  t.equal(one?.['delivery'], 'latest')
  t.match(two, { payload: { delivery: 'must' } })
})

t.test('a room of one namespace cannot be made again in the other', async (t) => {
  const { house, enterAsGuest, makeRoom } = await openHouse(t)
  await makeRoom('lobby', { namespace: 'guest' as never })
  t.equal(await codeOf(makeRoom('lobby')), 'CONFLICT')
  const guest = await enterAsGuest()
  t.match(await guest.ask(JOIN, { room_id: 'lobby' }), { data: { members: 1 } })
  await makeRoom('lobby', { namespace: 'guest' as never, capacity: 7 })
  t.match(await house.ask('roomGet', room('lobby')), { room: { capacity: 7, members: 1 } }, 'its members stay')
})
