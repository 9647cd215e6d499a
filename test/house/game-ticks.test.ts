import t from 'tap'
import { Mirror } from '../helpers/house/mirror.ts'
import { openHouse } from '../helpers/house/open-house.ts'
import { arena, board } from '../helpers/games/arena.ts'
import { GAME, payloadsOf } from '../helpers/games/open-games.ts'
import { realHost } from '../helpers/house/real-host.ts'

const open = (owner: Parameters<typeof openHouse>[0], env = {}) =>
  openHouse(owner, { startHost: realHost([arena, board]), env: { GAME_HOSTS: '2', ...env } })

t.test('a room at 20 Hz goes on over the death of its host, tick by tick', async (t) => {
  const { house, enterAll, pass } = await open(t)
  const [alice, bob] = await enterAll('alice', 'bob')
  if (!alice || !bob) throw new Error('nobody')
  const rooms: unknown[] = []
  for (const client of [alice, bob]) {
    const { data, error } = await client.ask(GAME.find, { game: 'arena' })
    t.ok(data, JSON.stringify(error))
    rooms.push(data?.['room_id'])
  }
  const [room] = rooms
  t.equal(rooms[1], room)
  for (let round = 0; round < 4; round++) {
    for (let n = 1; n <= 5; n++)
      t.match(await alice.ask(GAME.input, { name: 'add', input: { device: 'd', n: round * 5 + n } }, { room }), {
        data: { value: { added: round * 5 + n } },
      })
    const startedMs = house.time.nowMs
    for (const host of house.hosts) if (!host.hasEnded) host.kill()
    await alice.until(() => payloadsOf(alice, GAME.status).length > round)
    t.ok(house.time.nowMs - startedMs < 500, 'the gap is short')
    await pass(1_500)
  }
  for (const client of [alice, bob]) {
    const mirror = Mirror.of(client.frames, String(room))
    t.match(mirror.state, { added: { alice: 20 }, disorder: 0, lives: { alice: ['join'], bob: ['join'] } })
    const { ticks } = mirror.state as { ticks: number }
    t.equal(ticks, mirror.tick, 'no tick is lost, and none is there twice')
  }
})

t.test('a room without a tick rate goes on over the death of its host', async (t) => {
  const { house, enter, pass } = await open(t)
  const alice = await enter('alice')
  const { data } = await alice.ask(GAME.find, { game: 'board' })
  const room = data?.['room_id']
  for (let n = 1; n <= 6; n++) {
    t.match(await alice.ask(GAME.input, { name: 'add', input: { n } }, { room }), { data: { value: { added: n } } })
    for (const host of house.hosts) if (!host.hasEnded) host.kill()
    await alice.until(() => payloadsOf(alice, GAME.status).length >= n)
  }
  await pass(1_000)
  t.match(Mirror.of(alice.frames, String(room)).state, { moves: 6, by: { alice: 6 }, lives: { alice: ['join'] } })
})

t.test('a seat is held for as long as its game says, then the room ends without players', async (t) => {
  const { house, enterAll, pass } = await open(t, { ROOM_GAME_EMPTY: '20s' })
  const [alice, bob] = await enterAll('alice', 'bob')
  if (!alice || !bob) throw new Error('nobody')
  const { data } = await alice.ask(GAME.find, { game: 'arena' })
  const room = String(data?.['room_id'])
  await bob.ask(GAME.join, { room_id: room, as: 'spectator' })
  alice.cut()
  await pass(5_000)
  const back = await alice.resume([room])
  await pass(1_000)
  t.match(Mirror.of(bob.frames, room).state, { lives: { alice: ['join', 'drop', 'back'] } })
  back.cut()
  await pass(9_000)
  t.match(Mirror.of(bob.frames, room).state, { seats: {}, lives: { alice: ['join', 'drop', 'back', 'drop', 'leave'] } })
  await bob.close()
  await pass(30_000)
  t.equal(house.node.context.games.rooms.size, 0)
  t.strictSame(await house.journal.rooms(), [])
})

t.test('a reload moves rooms to new hosts within a tick', async (t) => {
  const { house, enter, pass } = await open(t, { SHUTDOWN_TIMEOUT: '4s' })
  const alice = await enter('alice')
  const { data } = await alice.ask(GAME.find, { game: 'arena' })
  const room = String(data?.['room_id'])
  await pass(1_000)
  for (let i = 0; i < 3; i++) {
    await house.time.settle(house.node.hostSupervisor.roll({ withinMs: 4_000, graceMs: 0, onReplaced: () => {} }))
    await pass(1_000)
  }
  const mirror = Mirror.of(alice.frames, room)
  const { ticks } = mirror.state as { ticks: number }
  t.equal(ticks, mirror.tick)
  t.match(mirror.state, { lives: { alice: ['join'] } })
  const ticksOf = alice.frames.filter(({ eventType }) => eventType === GAME.patch).map((frame) => Number(frame['tick']))
  t.ok(
    ticksOf.every((tick, i) => i === 0 || tick > (ticksOf[i - 1] ?? 0)),
    'ticks come in their order',
  )
})
