import t from 'tap'
import type { Namespace, RoomId } from '../../src/protocol/ids.ts'
import { GAME, openGames, payloadsOf } from '../helpers/games/open-games.ts'
import { codeOf } from '../helpers/house/open-house.ts'

const PRIVATE = 'private' as Namespace
const codesOf = (replies: readonly { readonly error?: { readonly code: string } }[]) =>
  replies.map(({ error }) => error?.code ?? 'ok')

t.test('a search makes a room where none fits, and joins one where it does', async (t) => {
  const { house, enterAll, find } = await openGames(t)
  const [alice, bob, carol, dave] = await enterAll('alice', 'bob', 'carol', 'dave')
  if (!alice || !bob || !carol || !dave) throw new Error('nobody')
  const room = await find(alice)
  t.match(room, /^counter:[\w-]{12}$/)
  for (const client of [bob, carol]) t.equal(await find(client), room)
  t.not(await find(dave), room, 'three seats are all there are')
  const { items } = await house.ask('gameRooms', {
    namespace: PRIVATE,
    game: 'counter',
    where: {},
    limit: 10,
    cursor: null,
  })
  t.strictSame(
    items.map(({ seats }) => seats).toSorted((a, b) => a - b),
    [1, 3],
  )
  t.match((await house.ask('roomGet', { room: room as RoomId })).room, { game: 'counter', members: 3 })
})

t.test('of many searches at once none is over a seat, and no room is one too many', async (t) => {
  const { enterAll, running } = await openGames(t)
  const clients = await enterAll(...Array.from({ length: 20 }, (_, i) => `user-${i}`))
  const ids = clients.map((client) => client.request(GAME.find, { game: 'counter' }))
  const replies = []
  for (const [i, client] of clients.entries()) replies.push(await client.reply(ids[i] ?? ''))
  t.ok(replies.every(({ success }) => success))
  const sizes = running().flatMap(({ script }) =>
    [...script.rooms.values()].map(({ seats }) => Object.keys(seats).length),
  )
  t.equal(sizes.length, 7)
  t.equal(
    sizes.reduce((sum, size) => sum + size, 0),
    20,
  )
})

t.test('one user makes so many rooms and no more, over all connections; others still do', async (t) => {
  const { enter, enterAll, input, pass } = await openGames(t, { env: { GAME_ROOMS_PER_USER: '3' } })
  const [alice, bob] = await enterAll('alice', 'bob')
  if (!alice || !bob) throw new Error('nobody')
  const phone = await enter('alice')
  const search = (client: typeof alice, phase: string) =>
    client.ask(GAME.find, { game: 'counter', where: { phase }, options: { phase } })
  const first = String((await search(alice, 'p0')).data?.['room_id'])
  t.strictSame(codesOf([await search(alice, 'p1'), await search(phone, 'p2')]), ['ok', 'ok'])
  t.match(await search(phone, 'p3'), { error: { code: 'OVERLOADED', message: /GAME_ROOMS_PER_USER/ } })
  t.strictSame(codesOf([await search(phone, 'p0')]), ['ok'], 'a room that is there is joined')
  t.strictSame(codesOf([await search(bob, 'p3')]), ['ok'])
  t.strictSame(codesOf([await search(alice, 'p3')]), ['ok'], 'of others, too')
  t.strictSame(codesOf([await search(alice, 'p4')]), ['OVERLOADED'])
  t.match(await input(alice, first, 'end', { result: null, rewards: [] }), { success: true })
  await pass(100)
  t.strictSame(codesOf([await search(alice, 'p4')]), ['ok'], 'one of them is over')
})

t.test('rooms are spread over the hosts', async (t) => {
  const { enterAll, find, running } = await openGames(t)
  for (const [i, client] of (await enterAll('a', 'b', 'c', 'd')).entries())
    await find(client, { where: {}, options: { phase: `p${i}` } })
  const clients = await enterAll(...Array.from({ length: 12 }, (_, i) => `user-${i}`))
  for (const client of clients) await find(client)
  t.ok(running().every(({ script }) => script.rooms.size >= 2))
})

t.test('a filter over listings is held against what games list', async (t) => {
  const { enterAll, find, input } = await openGames(t)
  const [alice, bob, carol] = await enterAll('alice', 'bob', 'carol')
  if (!alice || !bob || !carol) throw new Error('nobody')
  const lobby = await find(alice)
  await input(alice, lobby, 'list', { phase: 'lobby', size: 4 })
  const play = await find(bob, { where: { phase: 'play' }, options: { phase: 'play' } })
  t.not(play, lobby)
  const list = async (where: unknown) => {
    const { data, error } = await carol.ask(GAME.list, { game: 'counter', where })
    return data
      ? (data['rooms'] as { room_id: string }[]).map(({ room_id }) => room_id)
      : [error?.code, error?.details?.['path']]
  }
  t.strictSame(await list({ phase: 'play' }), [play])
  t.strictSame(await list({ phase: { in: ['lobby', 'other'] } }), [lobby])
  t.strictSame(await list({ size: { gte: 2, lte: 4 } }), [lobby])
  t.strictSame(new Set(await list({})), new Set([lobby, play]))
  t.strictSame(await list({ colour: 'red' }), ['BAD_REQUEST', 'payload.where.colour'])
  t.strictSame(await list({ phase: 3 }), ['BAD_REQUEST', 'payload.where.phase'])
  t.strictSame(await list({ size: { in: [1, 'x'] } }), ['BAD_REQUEST', 'payload.where.size'])
  t.match(await carol.ask(GAME.find, { game: 'counter', where: { colour: 'red' } }), { error: { code: 'BAD_REQUEST' } })
  t.match(await carol.ask(GAME.list, { game: 'chess' }), { error: { code: 'GAME_NOT_FOUND' } })
})

t.test('what the game refuses is refused, and the connection is no member', async (t) => {
  const { house, enterAll, find } = await openGames(t, { env: { GAME_HOSTS: '1' } })
  const [alice, bob] = await enterAll('alice', 'bob')
  if (!alice || !bob) throw new Error('nobody')
  t.match(await alice.ask(GAME.find, { game: 'counter', options: { refuse: true } }), {
    error: { code: 'REFUSED', details: { code: 'OPTIONS' } },
  })
  t.strictSame((await house.ask('roomList', { limit: 10, cursor: null })).items, [], 'no room is left of it')
  const room = await find(alice)
  for (const name of ['lock', 'unlock']) {
    await alice.ask(GAME.input, { name, input: {} }, { room })
    const code = (await bob.ask(GAME.join, { room_id: room })).error?.code ?? 'ok'
    t.equal(code, name === 'lock' ? 'ROOM_LOCKED' : 'ok')
    t.match((await house.ask('roomGet', { room: room as RoomId })).room, { members: name === 'lock' ? 1 : 2 })
  }
})

t.test('a name that is one of a game makes no room, and a room of another namespace is none', async (t) => {
  const { enter, enterAsGuest, find } = await openGames(t)
  const [alice, guest] = [await enter('alice'), await enterAsGuest()]
  const room = await find(alice)
  t.match(await alice.ask(GAME.join, { room_id: 'counter:nothing' }), { error: { code: 'ROOM_NOT_FOUND' } })
  t.match(await guest.ask(GAME.join, { room_id: room }), { error: { code: 'ROOM_NOT_FOUND' } })
  t.match(await guest.ask(GAME.find, { game: 'counter' }), { error: { code: 'FORBIDDEN' } })
  const { data } = await guest.ask(GAME.list, { game: 'counter' })
  t.strictSame(data?.['rooms'], [])
})

t.test('a password is asked for, and the sixth wrong one in a minute is not looked at', async (t) => {
  const { house, enterAll, find, pass } = await openGames(t)
  const open = {
    namespace: PRIVATE,
    game: 'counter',
    options: {},
    isLocked: false,
    password: 'sesame',
    idempotencyKey: null,
  }
  const { room_id } = await house.ask('gameRoomOpen', open)
  const [alice, bob] = await enterAll('alice', 'bob')
  if (!alice || !bob) throw new Error('nobody')
  t.not(await find(bob), room_id, 'a search does not find it')
  const join = async (password?: string) =>
    (await alice.ask(GAME.join, { room_id, ...(password === undefined ? {} : { password }) })).error?.code ?? 'ok'
  t.equal(await join(), 'FORBIDDEN')
  for (let i = 0; i < 5; i++) t.equal(await join(`guess ${i}`), 'FORBIDDEN')
  t.equal(await join('sesame'), 'RATE_LIMITED', 'the right one, too')
  await pass(60_000)
  t.equal(await join('sesame'), 'ok')
  t.equal(await join(), 'ok', 'it is in it')
  const back = await alice.resume([room_id])
  t.ok((back.ready['rooms'] as string[]).includes(room_id), 'whoever was in comes back without it')
  const stranger = await bob.resume([room_id])
  t.notOk((stranger.ready['rooms'] as string[]).includes(room_id), 'and nobody else does')
})

t.test('a room that was made locked takes nobody until its game unlocks it', async (t) => {
  const { house, enter, hostOf } = await openGames(t)
  const open = {
    namespace: PRIVATE,
    game: 'counter',
    options: {},
    isLocked: true,
    password: null,
    idempotencyKey: null,
  }
  const { room_id } = await house.ask('gameRoomOpen', open)
  const alice = await enter('alice')
  t.match(await alice.ask(GAME.join, { room_id }), { error: { code: 'ROOM_LOCKED' } })
  t.match(await alice.ask(GAME.join, { room_id, as: 'spectator' }), { success: true })
  const { script } = hostOf(room_id)
  const room = script.room(room_id)
  for (const isLocked of [true, false])
    script.link.tell('listed', {
      handle: room?.handle ?? 0,
      listing: { seats: 0, bots: 0, yielding: 0, isLocked, listing: null },
    })
  await house.time.pass(100)
  t.match(await alice.ask(GAME.join, { room_id }), { data: { game: { seat: 'alice' } } })
})

t.test('two connections share a seat: it is held when the last is gone, and found again', async (t) => {
  const { enter, hostOf, pass } = await openGames(t)
  const [phone, laptop] = [await enter('alice'), await enter('alice')]
  const { data } = await phone.ask(GAME.find, { game: 'counter' })
  const room = String(data?.['room_id'])
  t.match(data, { game: { seat: 'alice', is_new_seat: true } })
  const second = await laptop.ask(GAME.find, { game: 'counter' })
  t.equal(second.data?.['room_id'], room, 'the room where the user has a seat goes before')
  t.notHas(second.data, { game: { is_new_seat: true } })
  const seat = () => hostOf(room).script.room(room)?.seats['alice']
  await phone.close()
  await pass(100)
  t.equal(seat(), 'here')
  laptop.cut()
  await pass(100)
  t.equal(seat(), 'held')
  const back = await laptop.resume([room])
  await back.until(() => payloadsOf(back, GAME.snapshot).length > 0)
  t.match(payloadsOf(back, GAME.snapshot), [{ seat: 'alice', state: { seats: { alice: 'here' } } }])
  await back.ask(GAME.leave, { room_id: room })
  await pass(100)
  t.equal(seat(), undefined)
})

t.test('who watched watches again after a resume, and takes no seat', async (t) => {
  const { enterAll, find, hostOf, pass } = await openGames(t)
  const [alice, bob, carol, dave] = await enterAll('alice', 'bob', 'carol', 'dave')
  if (!alice || !bob || !carol || !dave) throw new Error('nobody')
  const room = await find(alice)
  t.equal(await find(carol), room)
  await bob.ask(GAME.join, { room_id: room, as: 'spectator' })
  bob.cut()
  const hear = hostOf(room).host.unheard()
  const back = await bob.resume([room])
  await pass(100)
  const searching = dave.request(GAME.find, { game: 'counter' })
  await pass(100)
  hear()
  t.match(await dave.reply(searching), { data: { room_id: room } }, 'not even while it comes back')
  await back.until(() => payloadsOf(back, GAME.snapshot).length > 0)
  t.match(payloadsOf(back, GAME.snapshot), [{ seat: null }])
  t.strictSame(Object.keys(hostOf(room).script.room(room)?.seats ?? {}), ['alice', 'carol', 'dave'])
})

t.test('a user who is kicked is out of the room with all connections', async (t) => {
  const { house, enter, find, input, pass } = await openGames(t)
  const [alice, phone, laptop] = [await enter('alice'), await enter('bob'), await enter('bob')]
  const room = await find(alice)
  for (const client of [phone, laptop]) await client.ask(GAME.join, { room_id: room })
  await input(alice, room, 'kick', 'bob')
  await pass(200)
  for (const client of [phone, laptop]) t.equal((await input(client, room, 'add', 1)).error?.code, 'NOT_IN_ROOM')
  t.match((await house.ask('roomGet', { room: room as RoomId })).room, { members: 1 })
})

t.test('what a game says is an event of the log', async (t) => {
  const { house, enterAll, find, input, pass } = await openGames(t)
  const [alice, bob] = await enterAll('alice', 'bob')
  if (!alice || !bob) throw new Error('nobody')
  const room = await find(alice)
  await find(bob)
  house.faults.refused = 0.7
  await input(alice, room, 'say', { to: 'all', data: 'to all' })
  await input(alice, room, 'say', { to: 'bob', data: 'to bob' })
  await pass(20_000)
  house.faults.refused = 0
  await pass(10_000)
  t.strictSame(payloadsOf(alice, GAME.message), [{ room, data: 'to all' }])
  t.strictSame(payloadsOf(bob, GAME.message), [
    { room, data: 'to all' },
    { room, data: 'to bob' },
  ])
  t.match(
    bob.events.filter(({ eventType }) => eventType === GAME.message),
    [{ room }, { channel: 'user' }],
  )
})

t.test('a room that is over says so in the log, pays once, and is gone', async (t) => {
  const { house, enterAll, enterAsGuest, find, input, pass } = await openGames(t)
  const [alice, bob] = await enterAll('alice', 'bob')
  const guest = await enterAsGuest()
  if (!alice || !bob) throw new Error('nobody')
  const room = await find(alice)
  await find(bob)
  const rewards = ['alice', 'bob', 'bot-1', guest.userId].map((user, i) => ({
    user,
    currency: 'gold',
    amount: 10 * (i + 1),
  }))
  Object.assign(house.faults, { refused: 0.3, lost: 0.2, unanswered: 0.3 })
  await input(alice, room, 'end', { result: { winner: 'bob' }, rewards })
  await pass(30_000)
  Object.assign(house.faults, { refused: 0, lost: 0, unanswered: 0 })
  await pass(60_000)
  for (const client of [alice, bob])
    t.match(payloadsOf(client, GAME.status), [{ status: 'over', result: { winner: 'bob' } }])
  t.equal(await codeOf(house.ask('roomGet', { room: room as RoomId })), 'ROOM_NOT_FOUND')
  t.equal((await input(alice, room, 'add', 1)).error?.code, 'ROOM_OVER')
  for (const [user, amount] of [
    ['alice', 10],
    ['bob', 20],
  ] as const)
    t.match(await house.ask('playerGet', { userId: user as never }), { balances: { gold: amount } })
  t.strictSame(await house.journal.rooms(), [], 'its journal is gone, too')
})

t.test('games are told what the user of a seat has bought', async (t) => {
  const { house, enter, find, hostOf, pass } = await openGames(t)
  const alice = await enter('alice')
  await house.ask('playerCredit', {
    userId: 'alice' as never,
    currency: 'gold',
    amount: 1000,
    idempotencyKey: 'a-key-of-16-letters',
  })
  const room = await find(alice)
  const { items } = await house.ask('goodList', { limit: 1, cursor: null })
  const good_id = items[0]?.id
  const bought = await alice.ask('core.game.state.buy_good', { good_id, count: 1 })
  t.ok(bought.success, JSON.stringify(bought.error))
  await pass(100)
  t.ok(hostOf(room).script.asked.includes(`bought alice ${good_id}`))
})

t.test('of rooms that REST makes with one key there is one', async (t) => {
  const { house } = await openGames(t)
  const open = {
    namespace: PRIVATE,
    game: 'counter',
    options: {},
    isLocked: false,
    password: null,
    idempotencyKey: 'a-key-of-16-letters',
  }
  const [one, other] = [await house.ask('gameRoomOpen', open), await house.ask('gameRoomOpen', open)]
  t.equal(one.room_id, other.room_id)
  t.equal(await codeOf(house.ask('gameRoomOpen', { ...open, options: { phase: 'x' } })), 'IDEMPOTENCY_CONFLICT')
  t.match(await house.ask('gameRoom', { room: one.room_id as RoomId }), { tick: 0, seats: [], state: { count: 0 } })
  await house.ask('roomDelete', { room: one.room_id as RoomId, ifTag: null })
  t.equal(await codeOf(house.ask('gameRoom', { room: one.room_id as RoomId })), 'ROOM_NOT_FOUND')
})

t.test('there are as many rooms as there may be', async (t) => {
  const { enterAll } = await openGames(t, { env: { GAME_ROOMS_MAX: '2' } })
  const clients = await enterAll(...Array.from({ length: 8 }, (_, i) => `user-${i}`))
  const replies = []
  for (const client of clients) replies.push(await client.ask(GAME.find, { game: 'counter' }))
  t.strictSame(codesOf(replies), [...Array.from({ length: 6 }, () => 'ok'), 'OVERLOADED', 'OVERLOADED'])
})

t.test('whoever was away when a room ended hears of it after coming back, and is in it no more', async (t) => {
  const { enterAll, find, input, pass } = await openGames(t)
  const [alice, bob, carol] = await enterAll('alice', 'bob', 'carol')
  if (!alice || !bob || !carol) throw new Error('nobody')
  const room = await find(alice)
  await find(bob)
  bob.cut()
  await input(alice, room, 'end', { result: { winner: 'alice' }, rewards: [] })
  await pass(1_000)
  const back = await bob.resume([room])
  await pass(1_000)
  t.match(payloadsOf(back, GAME.status)[0], { status: 'over', result: { winner: 'alice' } })
  t.equal((await input(back, room, 'add', 1)).error?.code, 'NOT_IN_ROOM')
  const stranger = await carol.resume([room])
  t.strictSame(payloadsOf(stranger, GAME.status), [], 'nobody else does')
  t.notOk((stranger.ready['rooms'] as string[]).includes(room))
  t.match(await carol.ask(GAME.join, { room_id: room }), { error: { code: 'ROOM_OVER' } })
  await pass(11 * 60_000)
  t.match(await carol.ask(GAME.join, { room_id: room }), { error: { code: 'ROOM_NOT_FOUND' } }, 'it is forgotten then')
})

t.test('a device that was on its way into the room when the user left it at another one is not in it', async (t) => {
  const { house, enter, find, hostOf, pass } = await openGames(t)
  const [phone, laptop] = [await enter('alice'), await enter('alice')]
  const room = await find(phone)
  const hear = hostOf(room).host.unheard()
  const joining = laptop.request(GAME.join, { room_id: room })
  await pass(100)
  const leaving = phone.request(GAME.leave, { room_id: room })
  await pass(100)
  hear()
  t.match(await laptop.reply(joining), { error: { code: 'NOT_IN_ROOM' } })
  t.match(await phone.reply(leaving), { success: true })
  t.match((await house.ask('roomGet', { room: room as RoomId })).room, { members: 0 })
  t.match(await laptop.ask(GAME.join, { room_id: room }), { data: { game: { seat: 'alice' } } }, 'it may come anew')
})

t.test('whoever leaves and comes again at once has a seat, and other devices are out', async (t) => {
  const { house, enter, find, input, hostOf, pass } = await openGames(t)
  const [phone, laptop] = [await enter('alice'), await enter('alice')]
  const room = await find(phone)
  await find(laptop)
  const left = phone.request(GAME.leave, { room_id: room })
  const joined = phone.request(GAME.join, { room_id: room })
  t.match(await phone.reply(left), { success: true })
  t.match(await phone.reply(joined), { data: { game: { seat: 'alice' } } })
  await pass(1_000)
  t.match(await input(phone, room, 'add', 1), { success: true })
  t.match(await input(laptop, room, 'add', 1), { error: { code: 'NOT_IN_ROOM' } })
  t.strictSame(hostOf(room).script.room(room)?.seats, { alice: 'here' })
  t.match((await house.ask('roomGet', { room: room as RoomId })).room, { members: 1 })
})
