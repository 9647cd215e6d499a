import { defineGame, refuse, t } from '../../../src/games/index.ts'

/** Counts what happens to it, at 10 ticks a second. */
export const counter = defineGame({
  name: 'counter',
  version: 1,
  hz: 10,
  seats: { max: 4, holdMs: 2_000 },
  state: t.object({ count: t.uint32(), calls: t.array(t.string(40)), x: t.map(t.uint16()), ticks: t.uint32() }),
  inputs: {
    add: { type: t.object({ by: t.uint8() }), perSecond: 5 },
    steer: { type: t.object({ x: t.uint16() }), keep: 'latest', perSecond: 100 },
    spam: { type: t.object({}), perSecond: 1_000 },
    fail: { type: t.object({}) },
    no: { type: t.object({}) },
    team: { type: t.object({ team: t.string(8) }) },
    grow: { type: t.object({ by: t.uint32() }) },
    end: { type: t.object({}) },
    say: { type: t.object({}) },
    kick: { type: t.object({ user: t.string(40) }) },
  },
  events: { boom: t.object({ at: t.uint16() }) },
  listing: (state) => ({ count: state.count }),
  create: () => ({ count: 0, calls: [], x: {}, ticks: 0 }),
  join: (state, seat) => void state.calls.push(`join ${seat.id}`),
  drop: (state, seat) => void state.calls.push(`drop ${seat.id}`),
  back: (state, seat) => void state.calls.push(`back ${seat.id}`),
  leave: (state, seat) => void state.calls.push(`leave ${seat.id}`),
  bought: (state, seat, { good_id, purchase_id }) =>
    void state.calls.push(`${seat.id} bought ${purchase_id}, has ${seat.inventory[good_id]}`),
  on: {
    add(state, _seat, { by }, room) {
      state.count += by
      room.reply({ count: state.count })
      room.emit.boom({ at: by })
    },
    steer: (state, seat, { x }) => void (state.x[seat.id] = x),
    spam: (state) => void state.count++,
    fail: (state) => {
      state.count += 1_000
      throw new Error('a mistake')
    },
    no: () => refuse('NOT_NOW', { until: 3 }),
    team: (_state, seat, { team }, room) => room.setTeam(seat.id, team),
    grow: (state, _seat, { by }) => void state.calls.push(...Array.from({ length: by }, () => 'x'.repeat(40))),
    end: (_state, _seat, _input, room) => room.end({ won: 'alice' }),
    say: (_state, _seat, _input, room) => room.say('all', { hello: room.tick }),
    kick: (_state, _seat, { user }, room) => room.kick(user, 'rude'),
  },
})

/** Moves only when something comes in; a move has 10 seconds. */
export const turns = defineGame({
  name: 'turns',
  version: 1,
  hz: 0,
  seats: { max: 2 },
  state: t.object({ moves: t.array(t.string(40)), late: t.uint8(), atMs: t.float64() }),
  inputs: { move: { type: t.object({}) } },
  create: () => ({ moves: [], late: 0, atMs: 0 }),
  on: {
    move(state, seat, _input, room) {
      state.moves.push(seat.id)
      state.atMs = room.nowMs
      room.afterMs(10_000, 'late')
    },
  },
  timers: {
    late: (state) => void state.late++,
  },
})
