/** The rules of the sample, as its author would test them: with the kit, on a clock by hand. */
import t from 'tap'
import arena, { GOAL, HP_MAX, RELOAD_MS, SHIP_RADIUS, SIZE, SKIN } from '../../src/samples/arena.ts'
import { fuzz, simulate } from '../../src/games/testing/index.ts'

/** No bots come. */
const duel: typeof arena = { ...arena, seats: { ...arena.seats, fill: undefined } }

/** A match of two has begun. */
function match(seed = 7) {
  const room = simulate(duel, { seed })
  room.join('ann', { guest: true })
  room.join('bob', { guest: true })
  return room
}

type Room = ReturnType<typeof match>

function shipOf({ state }: Room, user: string) {
  const ship = state.ships[user]
  if (!ship) throw new Error(`${user} has no ship`)
  return ship
}

/** Turns to the other ship without moving on: the second input of the same tick would take the place of the first. */
function aim(room: Room, user: string, at: string): void {
  const [own, other] = [shipOf(room, user), shipOf(room, at)]
  const [x, y] = [other.x - own.x, other.y - own.y]
  const scale = 127 / Math.max(Math.abs(x), Math.abs(y))
  room.input(user, 'steer', { dx: Math.round(x * scale), dy: Math.round(y * scale) })
  room.input(user, 'steer', { dx: 0, dy: 0 })
}

/** Shoots until the other is down. */
function shootDown(room: Room, user: string, at: string): void {
  for (let shots = 0; shipOf(room, at).hp > 0 && !room.ending; shots++) {
    if (shots > 2 * HP_MAX) throw new Error(`${user} does not hit ${at}`)
    aim(room, user, at)
    room.advance(RELOAD_MS)
    room.input(user, 'fire', {})
    room.advance(2_000)
  }
}

t.test('who is alone waits, may fly about, and does not wait for long', async (t) => {
  const room = simulate(arena)
  room.join('ann', { guest: true })
  t.equal(room.state.phase, 'lobby')
  t.equal(room.input('ann', 'fire', {}).code, 'NOT_YET')
  t.ok(room.input('ann', 'steer', { dx: 1, dy: 0 }).ok)
  room.advance(2_000)
  t.equal(room.seats.length, 1)
  room.advance(1_100)
  t.strictSame(room.listing, { phase: 'play' })
  t.match(room.seats, [{ id: 'ann' }, { bot: 'easy' }, { bot: 'easy' }, { bot: 'easy' }])
  t.equal(room.seats.length, 4, 'and places are left for players')
  t.match(Object.values(room.state.ships), [{ name: 'Player 1' }, { name: 'Bot 2' }, { name: 'Bot 3' }])
})

t.test('a ship goes where it is steered, at 180 units a second, and stays in the field', async (t) => {
  const room = match()
  const before = shipOf(room, 'ann')
  room.together(() => {
    room.input('ann', 'steer', { dx: -3, dy: -3 })
    room.input('ann', 'steer', { dx: 3, dy: 4 })
  })
  t.equal(shipOf(room, 'ann').x, Math.round((before.x + 9 * 0.6) * 8) / 8, 'the newest counts')
  room.input('ann', 'steer', { dx: 127, dy: 0 })
  const { x, y } = shipOf(room, 'ann')
  room.tick(4)
  t.strictSame([shipOf(room, 'ann').x, shipOf(room, 'ann').y], [x + 36, y])
  room.input('ann', 'steer', { dx: 0, dy: 0 })
  const stopped = shipOf(room, 'ann')
  room.tick(4)
  t.strictSame(shipOf(room, 'ann'), stopped)
  t.equal(stopped.dx, 127, 'it looks where it went')
  for (const [dx, dy, at] of [
    [127, 127, SIZE - SHIP_RADIUS],
    [-1, -1, SHIP_RADIUS],
  ] as const) {
    room.input('ann', 'steer', { dx, dy })
    room.advance(6_000)
    t.match(shipOf(room, 'ann'), { x: at, y: at })
  }
  t.strictSame(room.failures, [])
})

t.test('three hits shoot a ship down; it is back after two seconds, elsewhere, and whole', async (t) => {
  const room = match()
  shootDown(room, 'ann', 'bob')
  const where = shipOf(room, 'bob')
  t.match(room.events, [{ name: 'boom', data: { x: Math.round(where.x), y: Math.round(where.y), color: 1 } }])
  t.equal(room.events.length, 1)
  t.equal(shipOf(room, 'ann').score, 1)
  t.equal(shipOf(room, 'ann').hp, HP_MAX, 'nobody is hit by their own shots')
  t.equal(room.input('bob', 'fire', {}).code, 'SHOT_DOWN')
  room.input('bob', 'steer', { dx: 1, dy: 1 })
  room.tick()
  t.equal(shipOf(room, 'bob').x, where.x, 'what is shot down does not move')
  const downMs = room.nowMs - 50 * (room.ticks - (room.events[0]?.tick ?? 0))
  room.advance(downMs + 2_100 - room.nowMs)
  t.match(shipOf(room, 'bob'), { hp: HP_MAX, isMoving: false })
  t.not(shipOf(room, 'bob').x, where.x)
  t.strictSame(room.state.shots, {})
  t.strictSame(room.failures, [])
})

t.test('a ship shoots every 300 ms, where it looks, and its shots end at the wall', async (t) => {
  const room = match()
  t.ok(room.input('ann', 'fire', {}).ok)
  const { x, y } = shipOf(room, 'ann')
  t.match(Object.values(room.state.shots), [{ x, y: y - 22, dx: 0, dy: -1, color: 0 }])
  t.equal(room.input('ann', 'fire', {}).code, 'RELOADING')
  t.equal(Object.keys(room.state.shots).length, 1)
  room.tick(4)
  t.ok(room.input('ann', 'fire', {}).ok, 'the sixth tick behind the first')
  t.equal(Object.keys(room.state.shots).length, 2)
  room.advance(2_000)
  t.strictSame(room.state.shots, {})
})

t.test('a ship that flies behind its own shot is not hit by it', async (t) => {
  const room = match()
  room.together(() => {
    room.input('ann', 'steer', { dx: 1, dy: 0 })
    room.input('ann', 'fire', {})
  })
  const { x } = shipOf(room, 'ann')
  const [shot] = Object.values(room.state.shots)
  t.equal(shot?.x, x + 13, 'nearer to the ship than its radius')
  t.equal(shipOf(room, 'ann').hp, HP_MAX)
})

t.test('the first with ten wins, and all are told in their order', async (t) => {
  const room = match()
  t.ok(room.input('ann', 'name', { name: '  Ann ' }).ok)
  t.ok(room.input('bob', 'name', { name: ' ' }).ok)
  t.equal(room.input('bob', 'name', { name: 'x'.repeat(17) }).code, 'BAD_REQUEST')
  shootDown(room, 'bob', 'ann')
  room.advance(2_000)
  // The time would be up before ten by one shot after the other.
  const checkpoint = room.checkpoint()
  const state = JSON.parse(checkpoint.state) as Room['state']
  const ann = { ...shipOf(room, 'ann'), score: GOAL - 1 }
  const late = room.restore({ ...checkpoint, state: JSON.stringify({ ...state, ships: { ...state.ships, ann } }) })
  shootDown(late, 'ann', 'bob')
  t.strictSame(late.result, {
    ranking: [
      { id: 'ann', name: 'Ann', score: GOAL },
      { id: 'bob', name: 'Nobody', score: 1 },
    ],
  })
  t.equal(Object.keys(late.state.ships).length, 2, 'the last picture stays')
  t.strictSame([...room.failures, ...late.failures], [])
})

t.test('after 90 seconds the time is up', async (t) => {
  const room = match()
  const startMs = room.state.endsAt - 90_000
  room.advance(startMs + 89_900 - room.nowMs)
  t.equal(room.ending, undefined)
  room.advance(200)
  t.match(room.result, { ranking: [{ score: 0 }, { score: 0 }] })
  t.equal(room.state.phase, 'over')
})

t.test('the ship of whoever has bought the skin is golden, from the purchase on', async (t) => {
  const room = simulate(duel)
  room.join('ann', { inventory: { [SKIN]: 1, sword: 1 } })
  room.join('bob', { inventory: { sword: 1 } })
  room.join('cat', { inventory: { [SKIN]: 0 } })
  const golden = () => Object.values(room.state.ships).map(({ isGolden }) => isGolden)
  t.strictSame(golden(), [true, false, false], 'what was given back is not there')
  room.buy('cat', 'sword')
  t.strictSame(golden(), [true, false, false])
  room.buy('bob', SKIN)
  t.strictSame(golden(), [true, true, false])
  shootDown(room, 'ann', 'bob')
  room.advance(3_000)
  t.match(shipOf(room, 'bob'), { hp: HP_MAX, isGolden: true })
  t.strictSame(room.failures, [])
})

t.test('a match pays who stays to its end and has an account: 10, and 10 for each ship shot down', async (t) => {
  const room = simulate(duel)
  for (const user of ['ann', 'bob', 'cat']) room.join(user)
  room.join('dan', { guest: true })
  shootDown(room, 'ann', 'bob')
  room.leave('cat')
  room.joinBot('easy')
  room.advance(100_000)
  const amountOf = (user: string) => 10 + 10 * shipOf(room, user).score
  t.ok(amountOf('ann') >= 20)
  t.strictSame(
    room.rewards,
    ['ann', 'bob'].map((user) => ({ user, currency: 'gold', amount: amountOf(user) })),
  )
  t.strictSame(room.failures, [])
})

t.test('up to eight play, each in a colour of their own, and come and go during the match', async (t) => {
  const room = match()
  for (const user of ['cat', 'dan', 'eve', 'fay', 'gil', 'hal']) t.ok(room.join(user).ok)
  t.equal(room.join('ivy').code, 'ROOM_FULL')
  t.strictSame(
    Object.values(room.state.ships).map(({ color }) => color),
    [0, 1, 2, 3, 4, 5, 6, 7],
  )
  room.leave('cat')
  t.notOk('cat' in room.state.ships)
  t.ok(room.join('ivy').ok)
  t.match(shipOf(room, 'ivy'), { color: 2, name: 'Player 3' })
  t.equal(room.state.phase, 'play')
  t.strictSame(room.failures, [])
})

t.test('who loses the connection stands still for as long as the seat is held', async (t) => {
  const room = match()
  room.join('cat')
  room.input('bob', 'steer', { dx: 1, dy: 0 })
  room.drop('bob')
  const { x } = shipOf(room, 'bob')
  room.advance(1_000)
  t.equal(shipOf(room, 'bob').x, x)
  room.back('bob')
  t.ok(room.input('bob', 'steer', { dx: -1, dy: 0 }).ok)
  room.drop('bob')
  room.advance(31_000)
  t.strictSame(room.left, [{ user: 'bob', why: 'held too long', tick: room.left[0]?.tick }])
  t.notOk('bob' in room.state.ships)
})

t.test('bots play to the end, and the hard one is better', async (t) => {
  const points = { easy: 0, hard: 0 }
  for (let seed = 1; seed <= 5; seed++) {
    const room = simulate(arena, { seed })
    room.joinBot('easy')
    room.joinBot('hard')
    room.advance(100_000)
    const { ranking } = room.result as { ranking: { id: string; score: number }[] }
    for (const { id, score } of ranking) points[id === 'bot-1' ? 'easy' : 'hard'] += score
    t.strictSame(room.failures, [])
    t.strictSame(room.replay().state, room.state, 'the journal needs no bots')
  }
  t.ok(points.easy > 0, JSON.stringify(points))
  t.ok(points.hard > 2 * points.easy, JSON.stringify(points))
})

t.test('a ship is hit by whoever is on the same spot, also when the shot goes into the wall', async (t) => {
  const room = match()
  for (const user of ['ann', 'bob']) room.input(user, 'steer', { dx: 127, dy: -127 })
  room.advance(6_000)
  t.match(shipOf(room, 'bob'), { x: shipOf(room, 'ann').x, y: shipOf(room, 'ann').y })
  t.ok(room.input('ann', 'fire', {}).ok)
  t.equal(shipOf(room, 'bob').hp, HP_MAX - 1)
  t.equal(shipOf(room, 'ann').hp, HP_MAX)
  t.strictSame(room.state.shots, {})
})

t.test('around a player who stays in a corner and shoots, bots go on flying, and points go on', async (t) => {
  for (let seed = 1; seed <= 8; seed++) {
    const room = simulate(arena, { seed })
    room.join('ann', { guest: true })
    room.advance(3_100)
    const points = () => Object.values(room.state.ships).reduce((sum, { score }) => sum + score, 0)
    /** The time of the last point, and since when each bot that is not shot down is where it is. */
    const sinceMs = new Map([['point', room.nowMs]])
    while (!room.ending) {
      const [before, pointsBefore] = [room.state.ships, points()]
      room.together(() => {
        room.input('ann', 'steer', { dx: 127, dy: -127 })
        room.input('ann', 'fire', {})
      })
      if (points() > pointsBefore) sinceMs.set('point', room.nowMs)
      for (const [id, { x, y, hp }] of Object.entries(room.state.ships)) {
        const was = before[id]
        if (id !== 'ann' && (hp === 0 || x !== was?.x || y !== was.y)) sinceMs.set(id, room.nowMs)
      }
      const slow = [...sinceMs].filter(([, ms]) => room.nowMs - ms > 15_000)
      if (slow.length > 0) {
        t.strictSame(slow, [], `seed ${seed}: 15 seconds without a point, or of a bot on one spot`)
        break
      }
    }
    t.strictSame(room.failures, [])
  }
})

t.test('random players find nothing', async (t) => {
  const { warnings } = fuzz(arena, { seeds: 15, ticks: 150 })
  t.strictSame(warnings, [])
})
