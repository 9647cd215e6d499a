/** Who is in a room, and how it ends: bots, kicks, locks, passwords, spectators, two connections of one user. */
import t from 'tap'
import type { TypesIn } from '../../src/client/games.ts'
import type { GameRoom } from '../../src/client/index.ts'
import { defineGame, t as type } from '../../src/games/index.ts'
import type { RoomId } from '../../src/protocol/ids.ts'
import type tictactoe from '../../src/samples/tictactoe.ts'
import ticTacToe from '../../src/samples/tictactoe.ts'
import { lap } from '../helpers/games/lap.ts'
import { openPlayers, type Player } from '../helpers/games/players.ts'
import { codeOf } from '../helpers/house/open-house.ts'

t.test('bots fill the rooms of one client, who plays all of them to their end', async (t) => {
  const { player, settle, until, make, witness, house } = await openPlayers(t, [ticTacToe], { seed: 31 })
  const alice = await player('alice')
  const rooms: GameRoom<TypesIn<typeof tictactoe>>[] = []
  for (let i = 0; i < 3; i++) rooms.push(await settle(alice.enter<typeof tictactoe>(await make('tictactoe'))))
  await until(() => rooms.every(({ state }) => state.phase === 'playing'))
  t.ok(house.time.nowMs >= 10_000)
  for (let move = 0; move < 5; move++) {
    for (const room of rooms) {
      const free = room.state.cells.lastIndexOf('')
      if (room.state.phase !== 'playing') continue
      t.equal(room.state.players[room.state.turn], 'alice')
      await settle(room.send.place({ cell: free }))
      await until(() => room.state.phase === 'over' || room.state.turn === 'x')
    }
    alice.cut()
    await until(() => alice.client.status !== 'ready')
  }
  await until(() => rooms.every(({ isOver }) => isOver))
  for (const { state, result } of rooms) {
    t.match(result, { how: state.how, ...(state.winner && { winner: state.players[state.winner] }) })
    t.not(state.players.o, '')
  }
  t.strictSame(alice.client.rooms, [])
  t.strictSame(alice.changes.map(({ status }) => status).toSorted(), [
    ...rooms.map(() => 'left'),
    ...rooms.map(() => 'over'),
  ])
  t.strictSame(witness.wrong, [])
})

t.test('two connections of one user play on one seat, which is dropped with the last of them', async (t) => {
  const { player, settle, pass, until, allSee } = await openPlayers(t, [lap], { seed: 32 })
  const [phone, laptop, bob] = [
    await player('alice'),
    await player('alice', { encoding: 'msgpack' }),
    await player('bob'),
  ]
  const room = await settle(phone.play<typeof lap>('lap'))
  const same = await settle(laptop.play<typeof lap>('lap'))
  const other = await settle(bob.play<typeof lap>('lap'))
  t.equal(same.id, room.id)
  t.strictSame([room.seat, same.seat], ['alice', 'alice'])
  t.equal(await settle(room.send.go({ by: 1 })), 1)
  t.equal(await settle(same.send.go({ by: 1 })), 2)
  await until(() => other.state.sum === 2)
  t.match(other.state.at, { alice: { steps: 2 }, bob: { steps: 0 } })
  phone.client.close()
  await pass(6_000)
  t.strictSame(other.state.past['alice'], ['join'])
  laptop.sleep()
  await until(() => other.state.past['alice']?.at(-1) === 'drop')
  laptop.wake()
  await until(() => other.state.past['alice']?.at(-1) === 'back')
  const phoneAgain = await player('alice')
  const again = await settle(phoneAgain.play<typeof lap>('lap'))
  t.equal(again.id, room.id)
  await settle(again.leave())
  await until(() => other.state.past['alice']?.at(-1) === 'leave')
  await pass(100)
  t.match(phone.changes, [{ status: 'left' }])
  t.match(laptop.changes, [{ status: 'left' }], 'a seat is given up by one connection for all')
  t.strictSame(laptop.client.rooms, [])
  t.strictSame(other.state.past['alice'], ['join', 'drop', 'back', 'leave'])
  await allSee(t, [other])
})

t.test('a kick ends the seat, a lock keeps others out, and an unlock lets them in', async (t) => {
  const { player, settle, pass, until, allSee } = await openPlayers(t, [lap], { seed: 33 })
  const [alice, bob, carol] = [
    await player('alice'),
    await player('bob', { encoding: 'msgpack' }),
    await player('carol'),
  ]
  const room = await settle(alice.play<typeof lap>('lap'))
  const other = await settle(bob.play<typeof lap>('lap'))
  await settle(room.send.kick({ user: 'bob' }))
  await until(() => bob.changes.length > 0)
  t.match(bob.changes, [{ status: 'left', why: String }])
  t.strictSame(bob.client.rooms, [])
  const { tick } = other
  await t.rejects(settle(other.send.go({ by: 1 })), { code: 'NOT_IN_ROOM' })
  t.strictSame(room.state.past['bob'], ['join', 'leave'])
  await settle(room.send.lock({ locked: true }))
  await t.rejects(settle(carol.enter(room.id)), { code: 'ROOM_LOCKED' })
  const elsewhere = await settle(carol.play<typeof lap>('lap'))
  t.not(elsewhere.id, room.id, 'whoever looks for a room gets another one')
  alice.cut()
  await until(() => alice.client.status !== 'ready')
  t.equal(await settle(room.send.go({ by: 1 })), 1, 'whoever has a seat comes back to it')
  const watched = await settle(bob.enter<typeof lap>(room.id, { as: 'spectator' }))
  await settle(room.send.lock({ locked: false }))
  const joined = await settle(carol.enter<typeof lap>(room.id))
  await pass(200)
  t.equal(other.tick, tick, 'a room that was left stays as it was')
  await allSee(t, [room, watched, joined])
})

t.test('an operator ends a seat; the room goes on, and says what has entered it', async (t) => {
  const { house, player, settle, until } = await openPlayers(t, [lap], { seed: 36 })
  const [alice, bob] = [await player('alice'), await player('bob')]
  const room = await settle(alice.play<typeof lap>('lap'))
  const other = await settle(bob.play<typeof lap>('lap'))
  await settle(other.send.go({ by: 2 }))
  const seat = { room: room.id as RoomId, user: 'bob' }
  await house.ask('gameRoomKick', seat)
  await until(() => bob.changes.length > 0)
  t.match(bob.changes, [{ status: 'left', why: 'kicked' }])
  t.strictSame([bob.client.rooms, alice.client.rooms], [[], [room.id]])
  await until(() => room.state.past['bob']?.at(-1) === 'leave')
  t.equal(await codeOf(house.ask('gameRoomKick', seat)), 'NOT_IN_ROOM')
  t.equal(await settle(room.send.go({ by: 1 })), 3)
  const { items } = await house.ask('gameRoomEntries', { room: seat.room, limit: 4 })
  t.match(items, [
    { kind: 'input', user: 'alice', name: 'go', data: { by: 1 }, error: null },
    { kind: 'leave', user: 'bob', error: { code: 'NOT_IN_ROOM' } },
    { kind: 'leave', user: 'bob', name: 'kicked', error: null },
    { kind: 'input', user: 'bob', name: 'go', data: { by: 2 }, error: null },
  ])
})

t.test('a room that is locked when it is made, and one with a password', async (t) => {
  const { player, settle, pass, until, allSee, make } = await openPlayers(t, [lap], { seed: 34 })
  const [alice, bob] = [await player('alice'), await player('bob')]
  const locked = await make('lap', { isLocked: true })
  await t.rejects(settle(alice.enter(locked)), { code: 'ROOM_LOCKED' })
  const secret = await make('lap', { password: 'sesame' })
  await t.rejects(settle(alice.enter(secret)), { code: 'FORBIDDEN' })
  await t.rejects(settle(alice.enter(secret, { password: 'wrong' })), { code: 'FORBIDDEN' })
  t.strictSame(alice.client.rooms, [])
  const room = await settle(alice.enter<typeof lap>(secret, { password: 'sesame' }))
  const found = await settle(bob.play<typeof lap>('lap'))
  t.notOk([locked, secret].includes(found.id), 'neither is found by looking for a room')
  alice.cut()
  await until(() => alice.client.status !== 'ready')
  t.equal(await settle(room.send.go({ by: 1 })), 1, 'a session that was let in comes back without the password')
  await pass(100)
  await allSee(t, [room, found])
})

t.test('spectators come and go, and the seats do not notice', async (t) => {
  const { player, settle, pass, until, allSee, house } = await openPlayers(t, [lap], { seed: 35 })
  const alice = await player('alice')
  const room = await settle(alice.play<typeof lap>('lap'))
  const watchers: Player[] = []
  for (let i = 0; i < 6; i++) watchers.push(await player(`watcher-${i}`, { encoding: i % 2 ? 'json' : 'msgpack' }))
  for (let round = 0; round < 3; round++) {
    const watched: GameRoom<TypesIn<typeof lap>>[] = []
    for (const one of watchers) watched.push(await settle(one.enter<typeof lap>(room.id, { as: 'spectator' })))
    const { spectators } = await house.ask('gameRoom', { room: room.id as RoomId })
    t.equal(spectators, 6)
    await t.rejects(settle(watched[0]?.send.go({ by: 1 }) ?? Promise.resolve()), { code: 'NOT_IN_ROOM' })
    const cut = watchers[round]
    cut?.cut()
    await settle(room.send.go({ by: 1 }))
    await pass(1_000)
    await allSee(t, [room, ...watched])
    await settle(Promise.all(watched.map((one) => one.leave())))
    await until(() => watchers.every(({ client }) => client.rooms.length === 0))
    t.equal((await house.ask('gameRoom', { room: room.id as RoomId })).spectators, 0)
  }
  t.strictSame(room.state.past, { alice: ['join'] })
  t.strictSame(alice.changes, [])
})

t.test('a room that nobody is in ends, and one that lasts too long', async (t) => {
  const short = defineGame({
    name: 'short',
    version: 1,
    hz: 0,
    seats: { max: 2, holdMs: 1_000 },
    maxMs: 60_000,
    state: type.object({ n: type.uint32() }),
    inputs: { add: { type: type.object({}) } },
    create: () => ({ n: 0 }),
    on: { add: (state, _seat, _input, room) => room.reply(++state.n) },
  })
  const { player, settle, until, house, pass, make } = await openPlayers(t, [lap, short], {
    seed: 36,
    env: { ROOM_GAME_EMPTY: '10s' },
  })
  const [alice, bob] = [await player('alice'), await player('bob')]
  const untouched = await make('lap')
  const left = await settle(alice.play<typeof lap>('lap'))
  t.equal(left.id, untouched)
  const watched = await settle(bob.enter<typeof lap>(left.id, { as: 'spectator' }))
  await settle(left.leave())
  await pass(20_000)
  t.notOk(watched.isOver, 'somebody watches')
  await settle(watched.leave())
  const leftAtMs = house.time.nowMs
  const isThere = () => house.node.context.games.rooms.get(left.id as RoomId) !== undefined
  t.ok(isThere())
  await pass(9_000)
  t.ok(isThere())
  await pass(2_000)
  t.notOk(isThere(), `${house.time.nowMs - leftAtMs} ms`)
  await t.rejects(settle(alice.enter(left.id)), { code: 'ROOM_OVER' })

  const long = await settle(alice.play<typeof short>('short'))
  const startMs = house.time.nowMs
  while (!long.isOver && house.time.nowMs - startMs < 70_000) {
    await settle(long.send.add({}).catch(() => {}))
    await pass(500)
  }
  t.ok(long.isOver)
  t.ok(house.time.nowMs - startMs >= 60_000)
  await until(() => alice.changes.at(-1)?.status === 'left')
  t.match(alice.changes.slice(-2), [{ status: 'over', why: 'too long' }, { status: 'left' }])
})
