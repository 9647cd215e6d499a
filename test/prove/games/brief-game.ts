import { defineGame, t } from '../../../src/games/index.ts'

/** With both players there: half a second. */
const TICKS = 10

/** A match of two that is over soon, and pays who has moved most. */
export default defineGame({
  name: 'brief',
  version: 1,
  hz: 20,
  seats: { min: 2, max: 2, holdMs: 1_000, lateJoin: false, spectators: false },
  options: t.object({ kind: t.string(8) }),
  state: t.object({ kind: t.string(8), ticks: t.uint32(), moves: t.map(t.uint32()) }),
  inputs: { move: { type: t.object({}), perSecond: 100 } },
  create: ({ kind }) => ({ kind, ticks: 0, moves: {} }),
  join: (state, { id }) => void (state.moves[id] = 0),
  leave: (state, { id }) => void delete state.moves[id],
  on: { move: (state, { id }) => void (state.moves[id] = (state.moves[id] ?? 0) + 1) },
  tick(state) {
    if (Object.keys(state.moves).length === 2) state.ticks++
  },
  over({ ticks, moves }) {
    const [winner] = Object.entries(moves).toSorted(([, a], [, b]) => b - a)[0] ?? []
    if (ticks < TICKS || winner === undefined) return false
    return { result: { winner }, rewards: [{ user: winner, currency: 'gold', amount: 1 }] }
  },
  listing: ({ kind }) => ({ kind }),
})
