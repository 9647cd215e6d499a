import { defineGame, refuse, t } from '../../../src/games/index.ts'

/** A game with twenty ticks per second. Its state counts them, and records all that seats do. */
export const lap = defineGame({
  name: 'lap',
  version: 1,
  hz: 20,
  seats: { max: 4, holdMs: 5_000, guests: true },
  state: t.object({
    ticks: t.uint32(),
    sum: t.uint32(),
    chance: t.float64(),
    at: t.map(t.object({ steps: t.uint32(), x: t.fixed(0, 100, 1 / 100) })),
    /** join, drop, back and leave of each user, in the order in which they came. */
    past: t.map(t.array(t.string(16), 100)),
  }),
  options: t.object({ track: t.optional(t.string(16)) }),
  inputs: {
    go: { type: t.object({ by: t.uint8() }), perSecond: 1_000 },
    lean: { type: t.object({ x: t.fixed(0, 100, 1 / 100) }), keep: 'latest', perSecond: 1_000 },
    kick: { type: t.object({ user: t.string(64) }) },
    lock: { type: t.object({ locked: t.boolean() }) },
    bot: { type: t.object({}) },
    win: { type: t.object({}) },
  },
  events: { gone: t.object({ by: t.uint8(), sum: t.uint32() }) },
  create: () => ({ ticks: 0, sum: 0, chance: 0, at: {}, past: {} }),
  listing: (state) => ({ players: Object.keys(state.at).length }),
  join(state, seat) {
    state.at[seat.id] = { steps: 0, x: 0 }
    ;(state.past[seat.id] ??= []).push('join')
  },
  drop: (state, seat) => void state.past[seat.id]?.push('drop'),
  back: (state, seat) => void state.past[seat.id]?.push('back'),
  leave(state, seat) {
    delete state.at[seat.id]
    state.past[seat.id]?.push('leave')
  },
  on: {
    go(state, seat, { by }, room) {
      const own = state.at[seat.id]
      if (!own) refuse('NOT_HERE')
      own.steps += by
      state.sum += by
      room.emit.gone({ by, sum: state.sum })
      room.reply(state.sum)
    },
    lean(state, seat, { x }) {
      const own = state.at[seat.id]
      if (own) own.x = x
    },
    kick: (_state, _seat, { user }, room) => room.kick(user),
    lock: (_state, _seat, { locked }, room) => (locked ? room.lock() : room.unlock()),
    bot: (_state, _seat, _input, room) => void room.addBot('steady'),
    win: (state, seat, _input, room) => room.end({ winner: seat.id, sum: state.sum }),
  },
  tick(state, room) {
    state.ticks++
    state.chance = room.random()
  },
  bots: { steady: (view, seat) => (view.ticks % 10 === 0 && view.at[seat.id] ? [['go', { by: 1 }]] : []) },
})
