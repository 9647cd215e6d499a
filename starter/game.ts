import { defineGame, t, type Seat } from 'drumbeat/game'

const WIDTH = 100
const HEIGHT = 60
/** A second. */
const SPEED = 30
/** Whoever is this close to the coin has it. */
const REACH = 4
const COINS_TO_WIN = 10

/** Players run for a coin; whoever has ten wins. */
export default defineGame({
  name: 'starter',
  version: 1,
  // Ticks a second; 0: the game runs only when a player does something.
  hz: 20,
  seats: { min: 1, max: 8, guests: true, fill: { afterMs: 5_000, to: 2, bot: 'runner' } },
  // All there is to know of a match. Everybody sees it, and it is checked after each callback.
  state: t.object({
    players: t.map(t.object({ x: t.fixed(0, WIDTH, 0.01), y: t.fixed(0, HEIGHT, 0.01), coins: t.uint8() })),
    /** Where each player runs to: -1, 0 or 1 in each direction. */
    runs: t.map(t.object({ dx: t.int8(), dy: t.int8() })),
    coin: t.object({ x: t.fixed(0, WIDTH, 0.01), y: t.fixed(0, HEIGHT, 0.01) }),
  }),
  // What a player may send.
  inputs: { run: { type: t.object({ dx: t.int8(), dy: t.int8() }), keep: 'latest' } },
  create: (_options, room) => ({ players: {}, runs: {}, coin: anywhere(room) }),
  join(state, seat, room) {
    state.players[seat.id] = { ...anywhere(room), coins: 0 }
  },
  leave(state, seat) {
    delete state.players[seat.id]
    delete state.runs[seat.id]
  },
  on: {
    run(state, seat, { dx, dy }) {
      state.runs[seat.id] = { dx: Math.sign(dx), dy: Math.sign(dy) }
    },
  },
  tick(state, room) {
    for (const [id, player] of Object.entries(state.players)) {
      const { dx, dy } = state.runs[id] ?? { dx: 0, dy: 0 }
      player.x = within(player.x + dx * SPEED * room.dt, WIDTH)
      player.y = within(player.y + dy * SPEED * room.dt, HEIGHT)
      if (Math.hypot(player.x - state.coin.x, player.y - state.coin.y) > REACH) continue
      player.coins++
      state.coin = anywhere(room)
    }
  },
  over(state) {
    const winner = Object.keys(state.players).find((id) => (state.players[id]?.coins ?? 0) >= COINS_TO_WIN)
    return winner !== undefined && { result: { winner } }
  },
  bots: {
    runner({ players, coin }, seat: Seat) {
      const { x, y } = players[seat.id] ?? coin
      return [['run', { dx: toward(x, coin.x), dy: toward(y, coin.y) }]]
    },
  },
})

/** Chance is the room's: a replay comes to the same. */
function anywhere(room: { random(): number }): { x: number; y: number } {
  return { x: room.random() * WIDTH, y: room.random() * HEIGHT }
}

function within(value: number, max: number): number {
  return Math.max(0, Math.min(max, value))
}

function toward(from: number, to: number): number {
  return Math.abs(to - from) < 1 ? 0 : Math.sign(to - from)
}
