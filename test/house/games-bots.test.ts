/** Bots beside players, from the client to the host: seats that they fill count as free, and a seat whose player is away is played. */
import t from 'tap'
import { defineGame, t as type } from '../../src/games/index.ts'
import type { RoomId } from '../../src/protocol/ids.ts'
import { openPlayers } from '../helpers/games/players.ts'

/** Who steps is written down; only bots walk. */
const pit = defineGame({
  name: 'pit',
  version: 1,
  hz: 20,
  seats: { max: 4, holdMs: 20_000, fill: { afterMs: 2_000, bot: 'steady' }, standIn: 'steady' },
  state: type.object({
    steps: type.map(type.uint32()),
    walked: type.map(type.uint32()),
    most: type.uint8(),
    ticks: type.uint32(),
    /** A bot has walked for somebody who was there. */
    wrong: type.uint8(),
  }),
  inputs: { step: { type: type.object({}), perSecond: 100 }, walk: { type: type.object({}), perSecond: 100 } },
  create: () => ({ steps: {}, walked: {}, most: 0, ticks: 0, wrong: 0 }),
  join(state, seat, room) {
    state.steps[seat.id] ??= 0
    state.walked[seat.id] ??= 0
    state.most = Math.max(state.most, room.seats.length)
  },
  on: {
    step(state, seat, _input, room) {
      const steps = (state.steps[seat.id] ?? 0) + 1
      state.steps[seat.id] = steps
      room.reply(steps)
    },
    walk(state, seat) {
      if (seat.bot === undefined && seat.isConnected) state.wrong = 1
      state.walked[seat.id] = (state.walked[seat.id] ?? 0) + 1
    },
  },
  tick: (state) => void state.ticks++,
  bots: { steady: (_view, _seat, room) => (room.tick % 4 === 0 ? [['walk', {}]] : []) },
})

t.test('seats of bots that fill up are free to players: no room is one too many, and no seat is over', async (t) => {
  const { player, settle, pass, house, allSee } = await openPlayers(t, [pit], { seed: 41 })
  const alice = await player('alice')
  const room = await settle(alice.play<typeof pit>('pit'))
  await pass(2_500)
  const list = async () =>
    (await house.ask('gameRooms', { namespace: null, game: 'pit', where: {}, limit: 50, cursor: null })).items
  t.match(await list(), [{ room_id: room.id, seats: 4, bots: 3, seats_free: 3, seats_max: 4, is_locked: false }])
  const others = await Promise.all(Array.from({ length: 10 }, (_, i) => player(`user-${i}`)))
  const rooms = await settle(Promise.all(others.map((one) => one.play<typeof pit>('pit'))))
  const all = [room, ...rooms]
  t.equal(new Set(all.map(({ id }) => id)).size, 3, '11 players in rooms of 4')
  t.equal(all.filter(({ id }) => id === room.id).length, 4, 'the bots have made room')
  await pass(2_500)
  for (const { seats, bots, seats_free } of await list()) t.strictSame([seats, seats_free], [4, bots])
  const late = await settle((await player('late')).play<typeof pit>('pit'))
  t.ok(
    all.some(({ id }) => id === late.id),
    'where a bot is in the way still',
  )
  for (const { state } of all) t.ok(state.most <= 4)
  await allSee(t, all)
})

t.test('bots go on with their room in another host, and fill it there', async (t) => {
  const { player, settle, pass, until, house, allSee } = await openPlayers(t, [pit], { seed: 42 })
  const alice = await player('alice')
  const room = await settle(alice.play<typeof pit>('pit'))
  await pass(1_000)
  for (const host of house.hosts) host.kill()
  await until(() => Object.keys(room.state.steps).length === 4)
  const walked = room.state.walked['bot-1'] ?? 0
  for (const host of house.hosts) host.kill()
  await until(() => (room.state.walked['bot-1'] ?? 0) > walked + 5)
  t.strictSame(Object.keys(room.state.steps), ['alice', 'bot-1', 'bot-2', 'bot-3'])
  await allSee(t, [room])
})

t.test('a bot plays for a player who is away, also over the death of a host, and gives the seat back', async (t) => {
  const { player, settle, pass, until, house, allSee } = await openPlayers(t, [pit], { seed: 43 })
  const [alice, bob] = [await player('alice'), await player('bob')]
  const room = await settle(alice.play<typeof pit>('pit'))
  const other = await settle(bob.enter<typeof pit>(room.id))
  for (let i = 1; i <= 3; i++) t.equal(await settle(room.send.step({})), i)
  t.equal(room.state.walked['alice'], 0)
  alice.sleep()
  // Its server notices by its own means.
  await until(() => (other.state.walked['alice'] ?? 0) > 3)
  for (const host of house.hosts) host.kill()
  const before = other.state.walked['alice'] ?? 0
  await until(() => (other.state.walked['alice'] ?? 0) > before + 3)
  const { seats } = await house.ask('gameRoom', { room: room.id as RoomId })
  t.match(seats[0], { user: 'alice', isConnected: false, bot: null, standIn: 'steady' })
  alice.wake()
  await until(() => alice.client.status === 'ready' && room.tick > other.tick - 20)
  t.equal(await settle(room.send.step({})), 4, 'nothing of hers was lost')
  const walked = room.state.walked['alice']
  await pass(2_000)
  t.equal(room.state.walked['alice'], walked)
  t.equal(room.state.wrong, 0)
  await allSee(t, [room, other])
})

t.test(
  'clients know who plays on each seat, in both encodings, from the join on and over a lost connection',
  async (t) => {
    const { player, settle, pass, until, house } = await openPlayers(t, [pit], { seed: 44 })
    const [alice, bob] = [await player('alice'), await player('bob', { encoding: 'msgpack' })]
    const room = await settle(alice.play<typeof pit>('pit'))
    t.strictSame(room.seats, { alice: { is_connected: true } })
    const told: unknown[] = []
    room.on('seats', (seats) => told.push(seats))
    const other = await settle(bob.enter<typeof pit>(room.id))
    await until(() => Object.keys(room.seats).length === 4)
    const full = {
      alice: { is_connected: true },
      bob: { is_connected: true },
      'bot-1': { is_connected: true, bot: 'steady' },
      'bot-2': { is_connected: true, bot: 'steady' },
    }
    t.strictSame(room.seats, full)
    t.strictSame(other.seats, full)
    t.strictSame(told.at(-1), full)

    bob.sleep()
    await until(() => room.seats['bob']?.bot === 'steady')
    t.strictSame(room.seats['bob'], { is_connected: false, bot: 'steady' })
    const carol = await player('carol')
    const late = await settle(carol.play<typeof pit>('pit'))
    await until(() => room.seats['carol'] !== undefined)
    t.strictSame(late.seats, room.seats, 'one who comes later sees the same')
    t.notOk('bot-2' in room.seats, 'a bot has given way')
    for (const host of house.hosts) host.kill()
    bob.wake()
    await until(() => bob.client.status === 'ready' && room.seats['bob']?.is_connected === true)
    await pass(500)
    const { bob: _bob, ...others } = room.seats
    t.strictSame(room.seats['bob'], { is_connected: true })
    t.strictSame(Object.keys(others), ['alice', 'bot-1', 'carol'])
    for (const one of [other, late]) t.strictSame(one.seats, room.seats)
  },
)
