import { defineGame, refuse, t } from '../../../src/games/index.ts'

/** Of both players together; who makes the last one has won. */
const MOVES = 6
export const PRIZE = { winner: 50, other: 10 } as const

/** Two players, few moves, money at the end; the result says what the room was told of the shop. */
export default defineGame({
  name: 'stakes',
  version: 1,
  hz: 0,
  seats: { min: 2, max: 2, holdMs: 60_000, lateJoin: false, spectators: false },
  state: t.object({
    moves: t.uint32(),
    winner: t.string(64),
    players: t.map(t.object({ had: t.uint32(), heard: t.array(t.string(100)) })),
  }),
  inputs: { go: { type: t.object({}), perSecond: 200 } },
  refusals: { NOT_YET: 'nobody else is here yet' },
  create: () => ({ moves: 0, winner: '', players: {} }),
  join(state, { id, inventory }) {
    state.players[id] = { had: inventory['skin'] ?? 0, heard: [] }
  },
  bought: (state, { id }, { purchase_id }) => void state.players[id]?.heard.push(purchase_id),
  on: {
    go(state, seat) {
      if (Object.keys(state.players).length < 2) refuse('NOT_YET')
      if (++state.moves === MOVES) state.winner = seat.id
    },
  },
  over: ({ winner, players }) =>
    winner !== '' && {
      result: { winner, players },
      rewards: Object.keys(players).map((user) => ({
        user,
        currency: 'gold',
        amount: user === winner ? PRIZE.winner : PRIZE.other,
      })),
    },
})
