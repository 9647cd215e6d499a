/** Bots that take free seats, and what becomes of them when a player comes: in the step alone, with a game that does what it can to be in the way. */
import t from 'tap'
import { defineGame } from '../../src/games/define.ts'
import type { Entry } from '../../src/games/entries.ts'
import { refuse } from '../../src/games/refuse.ts'
import { t as type } from '../../src/games/types.ts'
import { input, join, TestRoom } from './helpers/room.ts'

/** How a bot leaves, and how the player is met. */
const ways = ['plain', 'lock', 'fill', 'end', 'throw'] as const
const meets = ['welcome', 'refuse', 'throw'] as const

const stage = defineGame({
  name: 'stage',
  version: 1,
  hz: 10,
  seats: { max: 4, fill: { afterMs: 200, bot: 'extra', to: 3 } },
  state: type.object({
    way: type.oneOf(...ways),
    meet: type.oneOf(...meets),
    calls: type.uint16(),
    rolled: type.float64(),
    seen: type.array(type.string(20)),
  }),
  inputs: { set: { type: type.object({ way: type.oneOf(...ways), meet: type.oneOf(...meets) }) } },
  events: { gone: type.string(20) },
  create: () => ({ way: 'plain', meet: 'welcome', calls: 0, rolled: 0, seen: [] }),
  join(state, seat) {
    state.calls++
    if (seat.bot !== undefined) return
    state.seen.push(seat.id)
    if (state.meet === 'refuse') refuse('NOT_YOU')
    if (state.meet === 'throw') throw new Error('a mistake')
  },
  leave(state, seat, room) {
    if (seat.bot === undefined) return
    state.calls++
    state.rolled = room.random()
    state.seen.push(`no ${seat.id}`)
    room.emit.gone(seat.id)
    room.say('all', 'a bot has gone')
    room.after(1, 'later')
    room.run('count')
    if (state.way === 'lock') room.lock()
    if (state.way === 'fill') for (let i = 0; i < 2; i++) room.addBot('extra')
    if (state.way === 'end') room.end()
    if (state.way === 'throw') throw new Error('it does not want to go')
  },
  on: { set: (state, _seat, given) => void Object.assign(state, given) },
  timers: { later: (state) => void state.calls++ },
  tasks: { count: () => 1 },
  bots: { extra: () => [] },
})

/** Ann and two bots, who leave and meet players so. */
function open(way: (typeof ways)[number], meet: (typeof meets)[number]): TestRoom {
  const room = new TestRoom(stage)
  room.step(join('ann'))
  for (let i = 0; i < 3; i++) room.step()
  room.step(input('ann', 'set', { way, meet }))
  return room
}

function traces(room: TestRoom) {
  const { effects, events, ending } = room.result ?? {}
  return { ...room.run.checkpoint(), effects, events, ending }
}

/** What a room is that was told this, and one that was told nothing. */
function twins(way: (typeof ways)[number], meet: (typeof meets)[number], entry: Entry) {
  const [room, twin] = [open(way, meet), open(way, meet)]
  room.step(entry)
  twin.step()
  return { room, twin, outcome: room.result?.outcomes[0] }
}

t.test('bots come when a player has waited, in the tick in which that is so', async (t) => {
  const room = new TestRoom(stage)
  room.step()
  room.step(join('ann'))
  room.step()
  t.strictSame(room.seats, ['ann'])
  room.step()
  t.strictSame(room.seats, ['ann', 'bot-1', 'bot-2'])
  t.strictSame(
    room.run.seats.map(({ fills }) => fills),
    [false, true, true],
  )
  t.equal(room.run.yielding, 2)
  room.step({ kind: 'leave', user: 'bot-1', why: 'removed' })
  room.step()
  t.strictSame(room.seats, ['ann', 'bot-2'], 'it waits anew')
  room.step()
  t.strictSame(room.seats, ['ann', 'bot-2', 'bot-3'])
  room.step({ kind: 'leave', user: 'bot-3', why: 'removed' })
  room.step({ kind: 'leave', user: 'ann', why: 'left' })
  for (let i = 0; i < 10; i++) room.step()
  t.strictSame(room.seats, ['bot-2'], 'and not for bots')
})

t.test('of the bots the one that came last gives way, as long as there are to be no more seats', async (t) => {
  const { room, outcome } = twins('plain', 'welcome', join('bob'))
  t.match(outcome, { kind: 'done' })
  t.strictSame(room.seats, ['ann', 'bot-1', 'bob'])
  t.match(room.result?.effects[0], { kind: 'left', user: 'bot-2', why: 'replaced' })
  room.step(join('carl'), join('dora'), join('emil'))
  t.strictSame(room.seats, ['ann', 'bob', 'carl', 'dora'], 'beyond them seats are free')
  t.match(
    room.result?.outcomes.map((one) => one.kind === 'refused' && one.code),
    [false, false, 'ROOM_FULL'],
  )
})

t.test('a player who is refused, or whose join fails, has sent nobody away: there is no trace', async (t) => {
  for (const way of ['plain', 'lock', 'fill'] as const) {
    for (const meet of ['refuse', 'throw'] as const) {
      const { room, twin, outcome } = twins(way, meet, join('bob'))
      const isMet = way === 'plain'
      t.equal(outcome?.kind, isMet && meet === 'throw' ? 'failed' : 'refused', `${way}, ${meet}`)
      const failures = isMet && meet === 'throw' ? [['join', 1]] : []
      t.strictSame(traces(room), { ...traces(twin), failures }, `${way}, ${meet}`)
      t.strictSame(room.seats, ['ann', 'bot-1', 'bot-2'])
    }
  }
})

t.test('a game that is in the way of its bot’s going is obeyed: it locks, or gives the seat away', async (t) => {
  t.match(twins('lock', 'welcome', join('bob')).outcome, { code: 'ROOM_LOCKED' })
  t.match(twins('fill', 'welcome', join('bob')).outcome, { code: 'ROOM_FULL' })
  const { room, outcome } = twins('end', 'welcome', join('bob'))
  t.match(outcome, { code: 'ROOM_OVER' })
  t.match(room.result?.ending, { why: 'over' })
})

t.test('a bot goes whatever the game says, and what failed is told though the player is refused', async (t) => {
  const { room, outcome } = twins('throw', 'welcome', join('bob'))
  t.match(outcome, { kind: 'done' })
  t.strictSame(room.seats, ['ann', 'bot-1', 'bob'])
  const other = twins('throw', 'refuse', join('bob'))
  t.match(other.room.result?.failures, [{ callback: 'leave' }])
  t.strictSame(other.room.run.checkpoint().failures, [], 'and counts for nothing')
  t.strictSame(other.room.seats, ['ann', 'bot-1', 'bot-2'])
})

t.test('a match that has begun is not filled up, nor is a bot sent away from it', async (t) => {
  const duel = defineGame({
    name: 'duel',
    version: 1,
    hz: 0,
    seats: { max: 2, lateJoin: false, fill: { afterMs: 1_000, bot: 'other' } },
    inputs: { lock: { type: type.object({}) }, unlock: { type: type.object({}) } },
    create: () => ({ n: 0 }),
    on: {
      lock: (_state, _seat, _input, room) => room.lock(),
      unlock: (_state, _seat, _input, room) => room.unlock(),
    },
    bots: { other: () => [] },
  })
  const room = new TestRoom(duel)
  room.at(0, join('ann'))
  t.equal((room.run.nextDue ?? 0) - room.run.startMs, 1_000)
  room.at(500, input('ann', 'lock'))
  t.equal(room.run.nextDue, undefined, 'a locked room waits for nobody')
  room.at(600, input('ann', 'unlock'))
  t.equal((room.run.nextDue ?? 0) - room.run.startMs, 1_600)
  room.at(1_600)
  t.strictSame(room.seats, ['ann', 'bot-1'])
  t.equal(room.run.yielding, 0)
  t.match(room.at(1_700, join('bob')).outcomes, [{ code: 'ROOM_FULL' }])
  room.at(1_800, { kind: 'leave', user: 'bot-1', why: 'removed' })
  t.equal(room.run.nextDue, undefined)
  t.match(room.at(1_900, join('bob')).outcomes, [{ code: 'ROOM_LOCKED' }])
})

t.test('a game that wants no bots is asked again after a second, and not without an end', async (t) => {
  const alone = defineGame({
    name: 'alone',
    version: 1,
    hz: 0,
    seats: { max: 3, fill: { afterMs: 0, bot: 'other' } },
    create: () => ({ asked: 0, max: 0 }),
    join(state, seat) {
      if (seat.bot !== undefined && state.max === 0) refuse('NOBODY')
    },
    bots: { other: () => [] },
  })
  const room = new TestRoom(alone)
  room.at(0, join('ann'))
  t.equal((room.run.nextDue ?? 0) - room.run.startMs, 1)
  room.at(1)
  t.strictSame(room.seats, ['ann'])
  t.equal((room.run.nextDue ?? 0) - room.run.startMs, 1_002)
  t.equal(room.run.checkpoint().nextBot, 1)
})

t.test('a game that kicks the bots that come is asked again after a second, and the tick ends', async (t) => {
  const picky = defineGame({
    name: 'picky',
    version: 1,
    hz: 0,
    seats: { max: 3, fill: { afterMs: 0, bot: 'other' } },
    state: type.object({ came: type.uint16() }),
    create: () => ({ came: 0 }),
    join(state, seat, room) {
      if (seat.bot === undefined) return
      state.came++
      // The first that comes later may stay.
      if (state.came !== 3) room.kick(seat.id, 'no bots')
    },
    bots: { other: () => [] },
  })
  const room = new TestRoom(picky)
  room.at(0, join('ann'))
  room.at(1)
  t.strictSame([room.seats, room.run.checkpoint().state], [['ann'], '{"came":2}'])
  t.equal((room.run.nextDue ?? 0) - room.run.startMs, 1_002)
  room.at(1_002)
  t.strictSame([room.seats, room.run.checkpoint().state], [['ann', 'bot-3'], '{"came":4}'])
})
