import { defineGame, t } from '../../../src/games/index.ts'

/** Counts what each player has sent, by number, and its own ticks; chance and a walk make its states differ in each. */
export default defineGame({
  name: 'tally',
  version: 1,
  hz: 20,
  seats: { max: 4, holdMs: 60_000 },
  state: t.object({
    ticks: t.uint32(),
    chance: t.float64(),
    added: t.map(t.object({ times: t.uint32(), last: t.uint32() })),
    /** Inputs that came out of their order, or twice. */
    disorder: t.uint32(),
    /** join, drop, back and leave of each user. */
    lives: t.map(t.array(t.string(8), 500)),
  }),
  inputs: { add: { type: t.object({ n: t.uint32() }), perSecond: 100 } },
  create: () => ({ ticks: 0, chance: 0, added: {}, disorder: 0, lives: {} }),
  join(state, { id }) {
    state.added[id] ??= { times: 0, last: 0 }
    ;(state.lives[id] ??= []).push('join')
  },
  drop: (state, { id }) => void state.lives[id]?.push('drop'),
  back: (state, { id }) => void state.lives[id]?.push('back'),
  leave: (state, { id }) => void state.lives[id]?.push('leave'),
  on: {
    add(state, { id }, { n }, room) {
      const own = state.added[id]
      if (!own) return
      if (n <= own.last) state.disorder++
      own.last = n
      room.reply(++own.times)
    },
  },
  tick(state, room) {
    state.ticks++
    state.chance = room.random()
  },
})
