import { defineGame, refuse, t, type RoomFacts, type Seat } from 'drumbeat/game'

export const WIDTH = 100
const HEIGHT = 60
/** A second. */
export const SPEED = 30
/** How far a dash goes. */
const DASH = 10
/** Whoever is this close to the coin has it. */
const REACH = 4
const COINS_TO_WIN = 10
const STANDING_STILL = { dx: 0, dy: 0 }

const DIRECTION = t.object({ dx: t.fixed(-1, 1, 0.01), dy: t.fixed(-1, 1, 0.01) })

/** Players run for a coin; whoever has ten wins. */
export default defineGame({
  name: 'starter',
  version: 1,
  // Ticks a second; 0: the game runs only when a player does something.
  hz: 20,
  seats: { min: 1, max: 8, guests: true, fill: { afterMs: 5_000, to: 2, bot: 'runner' } },
  // All there is to know of a match. Everybody sees it, and it is checked after each callback.
  state: t.object({
    players: t.map(
      t.object({ number: t.uint8(), x: t.fixed(0, WIDTH, 0.01), y: t.fixed(0, HEIGHT, 0.01), coins: t.uint8() }),
    ),
    /** Where each player runs to, and how fast: from -1 to 1 in each direction. */
    runs: t.map(DIRECTION),
    coin: t.object({ x: t.fixed(0, WIDTH, 0.01), y: t.fixed(0, HEIGHT, 0.01) }),
  }),
  // What a player may send.
  inputs: {
    // Of those that come with one tick the latest counts. Nobody is told what became of it, so it cannot be refused in words.
    run: { type: DIRECTION, keep: 'latest' },
    // Each is answered.
    dash: { type: t.object({}), perSecond: 5 },
  },
  // Each code that is given to `refuse`, and what the player reads then.
  refusals: { STANDING_STILL: 'Run, to dash.' },
  create: (_options, room) => ({ players: {}, runs: {}, coin: anywhere(room) }),
  join(state, seat, room) {
    state.players[seat.id] = { number: freeNumber(Object.values(state.players)), ...anywhere(room), coins: 0 }
  },
  leave(state, seat) {
    delete state.players[seat.id]
    delete state.runs[seat.id]
  },
  on: {
    run(state, seat, { dx, dy }) {
      state.runs[seat.id] = { dx, dy }
    },
    dash(state, seat) {
      const player = state.players[seat.id]
      const { dx, dy } = state.runs[seat.id] ?? STANDING_STILL
      // Nothing of this callback is kept then.
      if (!player || (dx === 0 && dy === 0)) refuse('STANDING_STILL')
      move(player, dx * DASH, dy * DASH)
    },
  },
  tick(state, room) {
    for (const [id, player] of Object.entries(state.players)) {
      const { dx, dy } = state.runs[id] ?? STANDING_STILL
      move(player, dx * SPEED * room.dt, dy * SPEED * room.dt)
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
    runner({ players, coin }, seat: Seat, room: RoomFacts) {
      const { x, y } = players[seat.id] ?? coin
      const step = SPEED * room.dt
      // Not further than to the coin, however fast it is.
      return [['run', { dx: within((coin.x - x) / step, 1, -1), dy: within((coin.y - y) / step, 1, -1) }]]
    },
  },
})

/** Chance is the room's: a replay comes to the same. */
function anywhere(room: { random(): number }): { x: number; y: number } {
  return { x: room.random() * WIDTH, y: room.random() * HEIGHT }
}

/** The least that no other player has. */
function freeNumber(players: readonly { number: number }[]): number {
  let number = 1
  while (players.some((player) => player.number === number)) number++
  return number
}

function move(player: { x: number; y: number }, dx: number, dy: number): void {
  player.x = within(player.x + dx, WIDTH)
  player.y = within(player.y + dy, HEIGHT)
}

function within(value: number, max: number, min = 0): number {
  return Math.max(min, Math.min(max, value))
}
