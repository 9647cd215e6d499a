/** What a player sees of a game while the connection comes and goes: never a wrong state, and the seat as long as it is held. */
import t from 'tap'
import type { TypesIn } from '../../src/client/games.ts'
import type { GameRoom } from '../../src/client/index.ts'
import { lap } from '../helpers/games/lap.ts'
import { openPlayers } from '../helpers/games/players.ts'

for (const encoding of ['json', 'msgpack'] as const) {
  t.test(`connections that are cut again and again cost nothing: ${encoding}`, async (t) => {
    const { player, settle, pass, until, allSee, house } = await openPlayers(t, [lap], { seed: 11 })
    const [alice, bob] = [await player('alice', { encoding }), await player('bob')]
    const room = await settle(alice.play<typeof lap>('lap'))
    const other = await settle(bob.play<typeof lap>('lap'))
    t.equal(room.id, other.id)
    let sum = 0
    for (let round = 0; round < 10; round++) {
      t.equal(await settle(room.send.go({ by: 2 })), (sum += 2))
      t.equal(await settle(other.send.go({ by: 1 })), (sum += 1))
      alice.cut()
      await until(() => alice.client.status !== 'ready')
      // In the place of an answer that never came: sent when there is a connection.
      const sent = room.send.go({ by: 3 })
      await pass(house.chance.integer(0, 500))
      t.equal(await settle(sent), (sum += 3))
      t.equal(alice.client.status, 'ready')
    }
    await pass(1_000)
    await allSee(t, [room, other])
    t.equal(room.state.sum, sum)
    const past = room.state.past['alice'] ?? []
    t.strictSame(past.slice(0, 3), ['join', 'drop', 'back'])
    t.strictSame(past, ['join', ...Array.from({ length: 10 }, () => ['drop', 'back']).flat()])
    t.strictSame(room.state.past['bob'], ['join'])
    t.strictSame([alice.changes, bob.changes], [[], []])
  })
}

t.test('a worker that is killed in mid-match: its players go on elsewhere', async (t) => {
  const { player, settle, pass, allSee, house } = await openPlayers(t, [lap], { seed: 12, env: { WORKERS: '3' } })
  const players = [await player('alice'), await player('bob', { encoding: 'msgpack' }), await player('carol')]
  const rooms = await settle(Promise.all(players.map((one) => one.play<typeof lap>('lap'))))
  let sum = 0
  for (let round = 0; round < 6; round++) {
    for (const room of rooms) t.equal(await settle(room.send.go({ by: 1 })), ++sum)
    house.worker(round % 2).kill()
    await pass(700)
  }
  await pass(3_000)
  for (const room of rooms) t.equal(await settle(room.send.go({ by: 1 })), ++sum)
  await pass(200)
  await allSee(t, rooms)
  for (const { user, changes } of players) {
    t.strictSame(changes, [])
    const [first, ...rest] = rooms[0]?.state.past[user] ?? []
    t.equal(first, 'join')
    t.ok(
      rest.every((what, i) => what === (i % 2 === 0 ? 'drop' : 'back')),
      rest.join(),
    )
  }
  t.ok(players.some(({ wires }) => wires.length > 1))
})

t.test('a laptop that sleeps for less than the seat is held comes back to it', async (t) => {
  const { player, settle, pass, until, allSee } = await openPlayers(t, [lap], { seed: 13 })
  const [alice, bob] = [await player('alice'), await player('bob')]
  const room = await settle(alice.play<typeof lap>('lap'))
  const other = await settle(bob.play<typeof lap>('lap'))
  alice.sleep()
  await until(() => other.state.past['alice']?.at(-1) === 'drop')
  const { tick } = room
  await pass(4_000)
  t.ok(other.tick > tick + 70)
  alice.wake()
  await until(() => room.tick >= other.tick)
  t.equal(await settle(room.send.go({ by: 5 })), 5)
  await pass(100)
  await allSee(t, [room, other])
  t.strictSame(room.state.past['alice'], ['join', 'drop', 'back'])
  t.strictSame(alice.changes, [])
})

t.test('one that sleeps for longer has no seat any more, and is told so', async (t) => {
  const { player, settle, pass, until, allSee } = await openPlayers(t, [lap], { seed: 14 })
  const [alice, bob] = [await player('alice'), await player('bob')]
  const room = await settle(alice.play<typeof lap>('lap'))
  const other = await settle(bob.play<typeof lap>('lap'))
  alice.sleep()
  await until(() => other.state.past['alice']?.at(-1) === 'leave')
  alice.wake()
  await until(() => alice.changes.length > 0)
  t.match(alice.changes, [{ status: 'left', why: 'NOT_IN_ROOM' }])
  t.strictSame(alice.client.rooms, [])
  await t.rejects(settle(room.send.go({ by: 5 })), { code: 'NOT_IN_ROOM' })
  t.strictSame(other.state.past['alice'], ['join', 'drop', 'leave'])
  const again = await settle(alice.play<typeof lap>('lap'))
  t.match([again.id, again.seat], [room.id, 'alice'])
  t.equal(await settle(again.send.go({ by: 5 })), 5)
  await pass(100)
  await allSee(t, [again, other])
})

t.test('a spectator that sleeps goes on to watch', async (t) => {
  const { player, settle, pass, until, allSee } = await openPlayers(t, [lap], { seed: 15 })
  const [alice, bob] = [await player('alice'), await player('bob', { encoding: 'msgpack' })]
  const room = await settle(alice.play<typeof lap>('lap'))
  const watched = await settle(bob.enter<typeof lap>(room.id, { as: 'spectator' }))
  bob.sleep()
  await pass(20_000)
  bob.wake()
  await until(() => watched.tick >= room.tick)
  t.equal(watched.seat, null)
  t.strictSame(bob.changes, [])
  await allSee(t, [room, watched])
})

t.test('one whose session is no more joins its rooms as before: to watch, with the password', async (t) => {
  const env = { RESUME_TOKEN_TTL: '1m' }
  const { player, settle, pass, until, allSee, make } = await openPlayers(t, [lap], { seed: 16, env })
  const [alice, bob] = [await player('alice'), await player('bob')]
  const id = await make('lap', { password: 'sesame' })
  await t.rejects(settle(bob.enter(id, { as: 'spectator' })), { code: 'FORBIDDEN' })
  const watched = await settle(bob.enter<typeof lap>(id, { as: 'spectator', password: 'sesame' }))
  const room = await settle(alice.enter<typeof lap>(id, { password: 'sesame' }))
  const gaps: unknown[] = []
  bob.client.on('gap', (gap) => gaps.push(gap))
  bob.sleep()
  await pass(120_000)
  bob.wake()
  await until(() => gaps.length > 0)
  t.match(gaps, [{ reason: 'TOKEN_INVALID', rooms: [id] }])
  await until(() => watched.tick >= room.tick)
  t.equal(watched.seat, null)
  t.strictSame(bob.changes, [])
  t.strictSame(Object.keys(room.state.at), ['alice'])
  await allSee(t, [room, watched])
})

t.test('one whose session and seat are no more has a new seat, and is told so', async (t) => {
  const env = { RESUME_TOKEN_TTL: '1m' }
  const { player, settle, pass, until, allSee } = await openPlayers(t, [lap], { seed: 18, env })
  const [alice, bob] = [await player('alice'), await player('bob')]
  const room = await settle(alice.play<typeof lap>('lap'))
  const other = await settle(bob.play<typeof lap>('lap'))
  alice.sleep()
  await pass(120_000)
  t.strictSame(other.state.past['alice'], ['join', 'drop', 'leave'])
  alice.wake()
  await until(() => alice.changes.length > 0)
  t.match(alice.changes, [{ status: 'reseated', tick: room.tick }])
  t.equal(room.seat, 'alice')
  t.strictSame(room.state.past['alice'], ['join', 'drop', 'leave', 'join'], 'the state is that of the new seat')
  t.equal(await settle(room.send.go({ by: 5 })), 5)
  await pass(100)
  await allSee(t, [room, other])
  t.strictSame([alice.changes.length, bob.changes.length], [1, 0])
})

t.test('several rooms at once: each has its own state, and each is there again', async (t) => {
  const { player, settle, pass, until, allSee, house, make } = await openPlayers(t, [lap], {
    seed: 17,
    env: { WORKERS: '3' },
  })
  for (const encoding of ['json', 'msgpack'] as const) {
    const alice = await player(`alice-${encoding}`, { encoding })
    const rooms: GameRoom<TypesIn<typeof lap>>[] = []
    for (const track of ['a', 'b', 'c']) {
      rooms.push(await settle(alice.enter<typeof lap>(await make('lap', { options: { track } }))))
    }
    t.equal(new Set(rooms.map(({ id }) => id)).size, 3)
    for (let round = 0; round < 6; round++) {
      const sums = await settle(Promise.all(rooms.map((room, i) => room.send.go({ by: i + 1 }))))
      t.strictSame(
        sums,
        [1, 2, 3].map((by) => by * (round + 1)),
      )
      if (round % 2 === 0) alice.cut()
      else house.worker(0).kill()
      await pass(1_000)
    }
    await settle(rooms[1]?.leave() ?? Promise.resolve())
    await pass(500)
    const [first, left, last] = rooms
    if (!first || !left || !last) throw new Error('three rooms')
    t.match(alice.changes, [{ status: 'left' }])
    await t.rejects(settle(left.send.go({ by: 1 })), { code: 'NOT_IN_ROOM' })
    alice.cut()
    await until(() => alice.client.status !== 'ready')
    t.equal(await settle(first.send.go({ by: 1 })), 7)
    t.equal(await settle(last.send.go({ by: 1 })), 19)
    await pass(200)
    await allSee(t, [first, last])
  }
})
