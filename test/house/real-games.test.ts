/** Real hosts, a real primary, real workers and clients in one process: a game from the client's request to its patches. */
import t from 'tap'
import { defineGame, t as type } from '../../src/games/index.ts'
import { GAME, payloadsOf } from '../helpers/games/open-games.ts'
import { Mirror } from '../helpers/house/mirror.ts'
import { openHouse } from '../helpers/house/open-house.ts'
import { realHost } from '../helpers/house/real-host.ts'

const race = defineGame({
  name: 'race',
  version: 1,
  hz: 20,
  seats: { max: 4, holdMs: 5_000 },
  state: type.object({ at: type.map(type.uint32()), sum: type.uint32(), ticks: type.uint32(), chance: type.float64() }),
  inputs: { go: { type: type.object({ by: type.uint8() }), perSecond: 100 }, win: { type: type.object({}) } },
  create: () => ({ at: {}, sum: 0, ticks: 0, chance: 0 }),
  join: (state, seat) => void (state.at[seat.id] = 0),
  leave: (state, seat) => void delete state.at[seat.id],
  on: {
    go(state, seat, { by }, room) {
      state.at[seat.id] = (state.at[seat.id] ?? 0) + by
      state.sum += by
      room.reply(state.sum)
    },
    win: (_state, seat, _input, room) => room.end({ winner: seat.id }),
  },
  tick(state, room) {
    state.ticks++
    state.chance = room.random()
  },
})

t.test('a match from find to its end, over the death of its host', async (t) => {
  const { house, enter: client, pass } = await openHouse(t, { startHost: realHost([race]), env: { GAME_HOSTS: '2' } })
  const alice = await client('alice')
  const bob = await client('bob')
  const found = await alice.ask(GAME.find, { game: 'race' })
  const room = String(found.data?.['room_id'])
  t.equal((await bob.ask(GAME.find, { game: 'race' })).data?.['room_id'], room)
  const go = (by: number) => alice.ask(GAME.input, { name: 'go', input: { by } }, { room })
  let sum = 0
  for (let i = 0; i < 5; i++) t.match(await go(3), { success: true, data: { value: (sum += 3) } })
  await pass(2_300)
  t.match(await go(1), { data: { value: (sum += 1) } })
  const host = house.hosts.find(({ hasEnded }) => !hasEnded)
  for (const one of house.hosts) one.kill()
  t.ok(host?.hasEnded)
  await pass(3_000)
  t.match(payloadsOf(bob, GAME.status), [{ status: 'restarted' }])
  t.match(await go(2), { data: { value: (sum += 2) } }, 'nothing that was acknowledged is lost')
  await pass(500)
  for (const one of [alice, bob]) {
    const mirror = Mirror.of(one.frames, room)
    t.match(mirror, { misfits: 0, state: { sum, at: { alice: sum, bob: 0 } } })
    t.equal((mirror.state as { ticks: number }).ticks, mirror.tick, 'each tick has run once')
  }
  t.match(await alice.ask(GAME.input, { name: 'win', input: {} }, { room }), { success: true })
  await pass(500)
  t.match(payloadsOf(bob, GAME.status).at(-1), { status: 'over', result: { winner: 'alice' } })
})

t.test('what fails in a game is told its author, with the place, also before there is a room', async (t) => {
  const wrong = defineGame({
    name: 'wrong',
    version: 1,
    hz: 20,
    seats: { max: 4 },
    inputs: { fail: { type: type.object({}) } },
    create(options) {
      if ((options as { bad?: boolean }).bad === true) throw new RangeError('bad options')
      return { n: 0 }
    },
    on: {
      fail() {
        throw new Error('not today')
      },
    },
  })
  const { house, enter: client } = await openHouse(t, { startHost: realHost([wrong]), env: { GAME_HOSTS: '1' } })
  const alice = await client('alice')
  t.match(await alice.ask(GAME.find, { game: 'wrong', options: { bad: true } }), { error: { code: 'GAME_FAILED' } })
  const room = String((await alice.ask(GAME.find, { game: 'wrong' })).data?.['room_id'])
  const { error } = await alice.ask(GAME.input, { name: 'fail', input: {} }, { room })
  const { items } = await house.ask('games', null)
  const place = /real-games\.test\.ts:\d+:\d+$/
  t.match(items[0]?.failures, [
    { callback: 'on.fail', message: 'Error: not today', place, roomId: room, traceId: error?.details?.['trace_id'] },
    { callback: 'create', message: 'RangeError: bad options', place, tick: 0 },
  ])
  t.equal(items[0]?.failures.length, 2)
})

t.test('rooms of a host that is replaced go on in the new one, and no tick is missed', async (t) => {
  const { house, enter: client, pass } = await openHouse(t, { startHost: realHost([race]), env: { GAME_HOSTS: '1' } })
  const alice = await client('alice')
  const room = String((await alice.ask(GAME.find, { game: 'race' })).data?.['room_id'])
  const go = () => alice.ask(GAME.input, { name: 'go', input: { by: 1 } }, { room })
  const rolled = house.node.hostSupervisor.roll({ withinMs: 4_000, graceMs: 0, onReplaced: () => {} })
  const done = { isRolled: false, sum: 0 }
  void rolled.then(() => (done.isRolled = true))
  while (!done.isRolled) t.match(await go(), { data: { value: ++done.sum } })
  t.ok(done.sum > 0)
  t.equal(house.hosts.length, 2)
  t.match(await go(), { data: { value: ++done.sum } })
  await pass(200)
  const mirror = Mirror.of(alice.frames, room)
  t.equal(mirror.misfits, 0)
  t.equal((mirror.state as { ticks: number }).ticks, mirror.tick)
  t.match(payloadsOf(alice, GAME.status), [{ status: 'restarted' }])
})
