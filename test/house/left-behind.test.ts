import t from 'tap'
import { EVENT } from '../../src/protocol/events.ts'
import type { RoomId } from '../../src/protocol/ids.ts'
import { lap } from '../helpers/games/lap.ts'
import { openPlayers } from '../helpers/games/players.ts'
import { openHouse } from '../helpers/house/open-house.ts'
import type { PlainClient } from '../helpers/house/plain-client.ts'

const MINUTES = 10
/** A minute is played as so many rounds. */
const ROUNDS = 30
const STATES_MAX = 50
const BYTES_MAX = 64 * 1024
/** Sessions that have ended and their rooms: see `RecoverableSessions`. */
const SESSIONS_MAX = 3_300

t.test(
  'what one user makes the server keep has a bound, however long it goes on, and is gone a minute after',
  async (t) => {
    const env = {
      HISTORY_TTL: '50s',
      RETAINED_STATES_PER_USER: String(STATES_MAX),
      RETAINED_BYTES_PER_USER: String(BYTES_MAX),
      RATE_JOINS_PER_USER: '10',
      WORKERS: '2',
    }
    const { house, enter, pass } = await openHouse(t, { env })
    const { states, sessions, directory } = house.node.context
    const greedy: PlainClient[] = await Promise.all(Array.from({ length: 4 }, () => enter('greedy')))
    let rooms = 0
    const most = { states: 0, bytes: 0, empty: 0, sessions: 0, rooms: 0 }
    const codes = new Set<string>()
    for (let round = 0; round < MINUTES * ROUNDS; round++) {
      for (const client of greedy) {
        for (let i = 0; i < 15; i++) {
          const room = `r${rooms++}`
          client.request(EVENT.roomJoin, { room_id: room })
          client.request(EVENT.broadcast, { message: 'x'.repeat(round % 3 === 0 ? 3_000 : 1), retain: true }, { room })
          client.request(EVENT.roomLeave, { room_id: room })
        }
      }
      await pass(60_000 / ROUNDS)
      for (const { error } of greedy.flatMap(({ replies }) => replies)) if (error) codes.add(error.code)
      for (const client of greedy) client.frames.length = 1
      // Some come and go with rooms, so that sessions are remembered.
      const gone = greedy.shift()
      for (let i = 0; i < 20; i++) gone?.request(EVENT.roomJoin, { room_id: `mine-${i}` })
      await pass(100)
      gone?.cut()
      greedy.push(await enter('greedy'))
      most.states = Math.max(most.states, states.budget.states)
      most.bytes = Math.max(most.bytes, states.budget.bytes)
      most.empty = Math.max(most.empty, states.emptyRooms)
      most.sessions = Math.max(most.sessions, sessions.kept)
      most.rooms = Math.max(most.rooms, directory.size)
    }
    t.comment(JSON.stringify(most))
    t.ok(most.states <= STATES_MAX && most.states > STATES_MAX / 2)
    t.ok(most.bytes <= BYTES_MAX)
    t.ok(most.empty <= STATES_MAX)
    t.ok(most.sessions <= SESSIONS_MAX && most.sessions > 0)
    t.ok(most.rooms <= 5 * 32)
    t.ok(codes.has('RATE_LIMITED') && codes.has('OVERLOADED'), [...codes].join())
    const other = await enter('other')
    await other.ask(EVENT.roomJoin, { room_id: 'of-other' })
    const retain = other.ask(EVENT.broadcast, { message: 1, retain: true }, { room: 'of-other' })
    t.match(await retain, { success: true }, 'others have their own')
    for (const client of greedy) client.cut()
    await pass(60_000)
    t.strictSame(
      [states.budget.states, states.emptyRooms, sessions.kept, directory.size],
      [1, 0, 0, 1],
      'but for what the other one keeps',
    )
    const stored = await house.truth.list('state/', { limit: 100 })
    t.equal(stored.length, 1)
  },
)

t.test('what a room with a game has retained counts until it goes, a while after the game', async (t) => {
  const { house, player, make, settle, pass, until } = await openPlayers(t, [lap], { env: { HISTORY_TTL: '50s' } })
  const { states, directory } = house.node.context
  const alice = await player('alice')
  const room = await make('lap')
  await settle(alice.client.enter<typeof lap>(room))
  await settle(alice.client.broadcast('kept', { room, retain: true }))
  await house.ask('roomDelete', { room: room as RoomId, ifTag: null })
  await until(() => !directory.has(room as RoomId))
  t.strictSame([states.budget.states, states.emptyRooms], [1, 1])
  await pass(60_000)
  t.strictSame([states.budget.states, states.emptyRooms], [0, 0])
  t.strictSame(await house.truth.list('state/', { limit: 100 }), [])
})
