import { defineGame, t } from '../../../src/games/index.ts'

const SIZE = 1_000
const STILL = 128
const STEP = 1 / 100
/** Hundredths a tick and unit of the stick: everybody moves in every tick, as the stick is never at rest. */
const SPEED = 1

/** Everybody moves in every tick, as their stick says: what a game in real time is at the least. */
export default defineGame({
  name: 'movers',
  version: 1,
  hz: 20,
  seats: { max: 8 },
  state: t.object({
    ships: t.map(t.object({ x: t.fixed(0, SIZE, STEP), y: t.fixed(0, SIZE, STEP), dx: t.uint8(), dy: t.uint8() })),
  }),
  inputs: { steer: { type: t.object({ dx: t.uint8(), dy: t.uint8() }), keep: 'latest', perSecond: 30 } },
  create: () => ({ ships: {} }),
  join(state, seat, room) {
    state.ships[seat.id] = { x: room.random() * SIZE, y: room.random() * SIZE, dx: STILL + 1, dy: STILL + 1 }
  },
  leave(state, seat) {
    delete state.ships[seat.id]
  },
  on: {
    steer(state, seat, { dx, dy }) {
      const ship = state.ships[seat.id]
      if (ship) Object.assign(ship, { dx, dy })
    },
  },
  tick(state) {
    for (const ship of Object.values(state.ships)) {
      ship.x = moved(ship.x, ship.dx)
      ship.y = moved(ship.y, ship.dy)
    }
  },
})

function moved(at: number, stick: number): number {
  const next = at + (stick - STILL) * SPEED * STEP
  return next < 0 ? next + SIZE : next > SIZE ? next - SIZE : next
}
