import { defineGame, t } from '../../../src/games/index.ts'

/** What a seat had when it was taken, and the ids of what was bought since. */
const SEAT = t.object({ had: t.map(t.uint32()), heard: t.array(t.string(100)), has: t.map(t.uint32()) })

const state = t.object({ seats: t.map(SEAT), winner: t.string(64) })
const create = () => ({ seats: {}, winner: '' })

/**
 * A game with 20 ticks per second that records what it is told of the shop. `win` ends it and pays 50 to the player who sends it,
 * and 10 to each other player.
 */
export const stall = defineGame({
  name: 'stall',
  version: 1,
  hz: 20,
  seats: { max: 4, holdMs: 60_000, guests: true },
  state,
  create,
  join: (state, { id, inventory }) =>
    void (state.seats[id] = { had: { ...inventory }, heard: [], has: { ...inventory } }),
  bought(state, { id, inventory }, { purchase_id }) {
    const seat = state.seats[id]
    if (!seat) return
    seat.heard.push(purchase_id)
    seat.has = { ...inventory }
  },
  leave: (state, seat) => void delete state.seats[seat.id],
  inputs: { win: { type: t.object({}) } },
  on: {
    win(state, seat, _input, room) {
      state.winner = seat.id
      room.say('all', `${seat.id} has won`)
    },
  },
  over: ({ winner, seats }) =>
    winner !== '' && {
      result: { winner },
      rewards: Object.keys(seats).map((user) => ({ user, currency: 'gold', amount: user === winner ? 50 : 10 })),
    },
})

/** A game that runs only when something comes in, and does not want to hear of purchases. */
export const deafStall = defineGame({
  name: 'deaf',
  version: 1,
  hz: 0,
  seats: { max: 4 },
  state,
  create,
  join: (state, { id, inventory }) => void (state.seats[id] = { had: { ...inventory }, heard: [], has: {} }),
})
