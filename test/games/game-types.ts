/** What a game's types say: tsc checks this file, and nothing runs it. Each `@ts-expect-error` is a line that has to be a mistake. */
import { defineGame, type TypesOf } from '../../src/games/define.ts'
import { refuse } from '../../src/games/refuse.ts'
import { t } from '../../src/games/types.ts'

export const arena = defineGame({
  name: 'arena',
  version: 2,
  hz: 20,
  seats: {
    min: 2,
    max: 8,
    holdMs: 30_000,
    lateJoin: true,
    spectators: true,
    guests: true,
    fill: { afterMs: 5_000, bot: 'easy', to: 4 },
    standIn: 'hard',
  },
  options: t.object({ map: t.string(32) }),
  state: t.object({
    phase: t.oneOf('lobby', 'play', 'over'),
    ships: t.map(t.object({ x: t.fixed(0, 1024, 1 / 16), y: t.fixed(0, 1024, 1 / 16), hp: t.uint8() })),
  }),
  inputs: {
    steer: { type: t.object({ dx: t.int8(), dy: t.int8() }), keep: 'latest', perSecond: 30 },
    fire: { type: t.object({}), perSecond: 5 },
  },
  events: { boom: t.object({ x: t.uint16(), y: t.uint16() }) },
  refusals: { TOO_LATE: 'the match is over', NOT_YET: 'not yet' },
  listing: (state) => ({ phase: state.phase }),
  create: (options, room) => {
    room.log(options.map)
    return { phase: 'lobby', ships: {} }
  },
  join(state, seat, room) {
    if (state.phase === 'over') refuse('TOO_LATE')
    state.ships[seat.id] = { x: room.random(), y: 0, hp: 3 }
  },
  leave(state, seat) {
    delete state.ships[seat.id]
  },
  on: {
    steer(state, seat, { dx, dy }) {
      const ship = state.ships[seat.id]
      if (ship) {
        ship.x += dx
        ship.y += dy
      }
    },
    fire(state, _seat, _input, room) {
      if (state.phase !== 'play') refuse('NOT_YET')
      room.emit.boom({ x: 1, y: 2 })
      room.after(3, 'bomb', { owner: 'a' })
    },
  },
  timers: {
    bomb(state, { owner }: { owner: string }, room) {
      room.emit.boom({ x: 1, y: state.ships[owner]?.hp ?? 0 })
    },
  },
  tick(state, room) {
    for (const id in state.ships) {
      const s = state.ships[id]
      if (s) s.x += room.dt
    }
  },
  over: (state) =>
    state.phase === 'over' && { result: { winner: 'a' }, rewards: [{ user: 'a', currency: 'gold', amount: 50 }] },
  view: { key: (seat) => seat?.team ?? 'all', of: (state) => state },
  bots: {
    easy: (view, seat) => [['steer', { dx: view.ships[seat.id]?.hp ?? 0, dy: 0 }]],
    hard: (view, seat, room) => {
      const own = view.ships[seat.id]
      // @ts-expect-error: what a bot sees cannot be changed
      if (own) own.hp = 3
      return room.tick % 2 === 0 ? [['fire', {}]] : [['steer', { dx: 1, dy: room.seats.length }]]
    },
  },
  migrate: { 1: (old) => old },
})

export type Arena = TypesOf<typeof arena>
export const input: Arena['inputs']['steer'] = { dx: 1, dy: 2 }
export const code: Arena['refusal'] = 'NOT_YET'
export const listed: Arena['listing'] = { phase: 'lobby' }
export const event: Arena['events']['boom'] = { x: 1, y: 1 }
export const phase: Arena['state']['phase'] = 'play'
// @ts-expect-error: not declared
export const noCode: Arena['refusal'] = 'NO'
// @ts-expect-error: not declared
export const noInput: Arena['inputs']['steer'] = { dx: '1', dy: 2 }
// @ts-expect-error: not declared
export const noPhase: Arena['state']['phase'] = 'pla'

export const plain = defineGame({
  name: 'plain',
  version: 1,
  hz: 0,
  seats: { max: 2 },
  create: () => ({ n: 0, names: [] as string[] }),
  inputs: { add: { type: t.uint8() } },
  on: {
    add(state, seat, by, room) {
      state.n += by
      state.names.push(seat.id)
      room.reply(state.n)
    },
  },
})
export const count: TypesOf<typeof plain>['state']['n'] = 4

/** A game whose bots are looked at by the compiler. */
const botted = {
  name: 'botted',
  version: 1,
  hz: 0,
  inputs: { add: { type: t.uint8() } },
  create: () => ({ n: 0 }),
} as const

export const bots = [
  defineGame({
    ...botted,
    // @ts-expect-error: there is no such bot
    seats: { max: 2, fill: { afterMs: 1, bot: 'esay' } },
    on: { add() {} },
    bots: { easy: () => [] },
  }),
  // @ts-expect-error: there is no such bot
  defineGame({ ...botted, seats: { max: 2, standIn: 'hard' }, on: { add() {} }, bots: { easy: () => [] } }),
  // @ts-expect-error: there are no bots
  defineGame({ ...botted, seats: { max: 2, standIn: 'hard' }, on: { add() {} } }),
  // @ts-expect-error: the value does not fit
  defineGame({ ...botted, seats: { max: 2 }, on: { add() {} }, bots: { easy: () => [['add', 'one']] } }),
  // @ts-expect-error: there is no such input
  defineGame({ ...botted, seats: { max: 2 }, on: { add() {} }, bots: { easy: () => [['ad', 1]] } }),
  defineGame({
    ...botted,
    seats: { max: 2 },
    on: {
      add(_state, _seat, _by, room) {
        room.addBot('easy')
        // @ts-expect-error: there is no such bot
        room.addBot('esay')
      },
    },
    bots: { easy: (view) => (view.n > 1 ? [] : [['add', 1]]) },
  }),
]
