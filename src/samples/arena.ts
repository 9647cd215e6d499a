import { defineGame, refuse, t, type RoomFacts, type Seat, type ValueOf } from '../games/index.ts'

/** The page needs these to draw the field, a square of SIZE by SIZE units. */
export const SIZE = 640
export const SHIP_RADIUS = 20
export const HP_MAX = 3
export const RELOAD_MS = 300
export const GOAL = 10 // the first to shoot down so many wins; or whoever has the most when the time is up
export const SKIN = 'golden-ship' // a good of the shop
const MATCH_MS = 90_000
const RESPAWN_MS = 2_000
const SHIP_SPEED = 180 // units per second
const SHOT_SPEED = 440
const BOT_RANGE = 280

/** `dx`, `dy` is the direction in which it looks, of any length except 0. */
const moving = { x: t.fixed(0, SIZE, 1 / 8), y: t.fixed(0, SIZE, 1 / 8), dx: t.int8(), dy: t.int8() }
const ship = t.object({
  ...moving,
  isMoving: t.boolean(),
  name: t.string(16),
  color: t.uint8(), // 0 to 7, different for each ship
  isGolden: t.boolean(),
  hp: t.uint8(), // 0: it was shot down, and will be back soon
  score: t.uint8(),
  readyAt: t.float64(), // may shoot again from then on: Unix time in milliseconds, as `endsAt`
})
const stateType = t.object({
  phase: t.oneOf('lobby', 'play', 'over'),
  endsAt: t.float64(),
  ships: t.map(ship), // by the ids of seats
  shots: t.map(t.object({ ...moving, color: t.uint8() })),
})
type State = ValueOf<typeof stateType>
type Point = { x: number; y: number }
const hasSkin = ({ inventory }: Seat) => (inventory[SKIN] ?? 0) > 0

/** Ships that shoot at each other, for 2 to 8 players. If fewer come, bots make it four. Players may join at any time. */
export default defineGame({
  name: 'arena',
  version: 1,
  hz: 20,
  seats: { min: 2, max: 8, guests: true, fill: { afterMs: 3_000, bot: 'easy', to: 4 } },
  state: stateType,
  inputs: {
    name: { type: t.object({ name: t.string(16) }), perSecond: 2 },
    steer: { type: t.object({ dx: t.int8(), dy: t.int8() }), keep: 'latest', perSecond: 30 }, // 0, 0 stops
    fire: { type: t.object({}), perSecond: 10 },
  },
  events: { boom: t.object({ x: t.uint16(), y: t.uint16(), color: t.uint8() }) },
  refusals: { NOT_YET: 'the match has not begun', SHOT_DOWN: 'the ship is not back yet', RELOADING: 'too early' },
  listing: ({ phase }) => ({ phase }),
  create: () => ({ phase: 'lobby', endsAt: 0, ships: {}, shots: {} }),
  join(state, seat, room) {
    const used = Object.values(state.ships).map(({ color }) => color)
    const color = [0, 1, 2, 3, 4, 5, 6, 7].find((color) => !used.includes(color)) ?? 0
    const name = `${seat.bot ? 'Bot' : 'Player'} ${color + 1}`
    state.ships[seat.id] = { ...place(room), name, color, isGolden: hasSkin(seat), score: 0, readyAt: 0 }
    if (state.phase === 'play' || room.seats.length < 2) return
    state.phase = 'play'
    state.endsAt = room.nowMs + MATCH_MS
    room.afterMs(MATCH_MS, 'timeUp')
  },
  bought: (state, seat) => void (shipOf(state.ships, seat.id).isGolden = hasSkin(seat)),
  drop: (state, seat) => void (shipOf(state.ships, seat.id).isMoving = false),
  leave: ({ phase, ships }, { id }) => void (phase === 'over' || delete ships[id]), // at the end, ships stay in the picture
  on: {
    name: (state, seat, { name }) => void (shipOf(state.ships, seat.id).name = name.trim() || 'Nobody'),
    steer: (state, seat, { dx, dy }) =>
      void Object.assign(shipOf(state.ships, seat.id), dx || dy ? { isMoving: true, dx, dy } : { isMoving: false }),
    fire(state, seat, _input, room) {
      const ship = shipOf(state.ships, seat.id)
      if (state.phase !== 'play') refuse('NOT_YET')
      if (ship.hp === 0) refuse('SHOT_DOWN')
      if (room.nowMs < ship.readyAt) refuse('RELOADING')
      ship.readyAt = room.nowMs + RELOAD_MS
      const { x, y, dx, dy, color } = ship
      state.shots[`${room.tick}-${color}`] = { x, y, dx, dy, color }
    },
  },
  timers: {
    timeUp: (state) => void (state.phase = 'over'),
    respawn: (state, { id }: { id: string }, room) => void Object.assign(state.ships[id] ?? {}, place(room)),
  },
  tick(state, room) {
    const ships = Object.entries(state.ships)
    for (const [, ship] of ships) if (ship.isMoving && ship.hp > 0) move(ship, SHIP_SPEED * room.dt, SHIP_RADIUS)
    for (const [key, shot] of Object.entries(state.shots)) {
      const start = { ...shot }
      const isAtWall = move(shot, SHOT_SPEED * room.dt, 0)
      const others = ships.filter(([, ship]) => ship.color !== shot.color && ship.hp > 0)
      const [id = '', ship] = others.find(([, ship]) => distance(ship, start, shot) < SHIP_RADIUS) ?? []
      if (isAtWall || ship) delete state.shots[key]
      if (!ship || --ship.hp > 0) continue
      room.emit.boom({ x: Math.round(ship.x), y: Math.round(ship.y), color: ship.color })
      room.afterMs(RESPAWN_MS, 'respawn', { id })
      for (const [, by] of ships) if (by.color === shot.color && ++by.score === GOAL) state.phase = 'over'
    }
  },
  over({ phase, ships }) {
    const ranking = Object.entries(ships).map(([id, { name, score }]) => ({ id, name, score }))
    const rewards = ranking.map(({ id, score }) => ({ user: id, currency: 'gold', amount: 10 * (1 + score) }))
    return phase === 'over' && { result: { ranking: ranking.sort((a, b) => b.score - a.score) }, rewards }
  },
  bots: {
    easy: (view, seat, room) => hunt(view, seat.id, room, { everyTicks: 20, error: 0.6 }),
    hard: (view, seat, room) => hunt(view, seat.id, room, { everyTicks: 8, error: 0.1 }),
  },
})

/** A new ship at a random place. */
function place(room: { random(): number }) {
  const coordinate = () => SIZE * (0.1 + 0.8 * room.random())
  return { x: coordinate(), y: coordinate(), dx: 0, dy: -1, isMoving: false, hp: HP_MAX }
}

function shipOf(ships: State['ships'], id: string) {
  const ship = ships[id]
  if (!ship) throw new Error(`no ship of ${id}`)
  return ship
}

/** Returns whether it hit the wall. `Math.sqrt` gives the same on every machine; `hypot`, `sin` and `cos` need not. */
function move(thing: Point & { dx: number; dy: number }, way: number, margin: number): boolean {
  const part = way / Math.sqrt(thing.dx ** 2 + thing.dy ** 2)
  const [x, y] = [thing.x + thing.dx * part, thing.y + thing.dy * part]
  thing.x = Math.max(margin, Math.min(SIZE - margin, x))
  thing.y = Math.max(margin, Math.min(SIZE - margin, y))
  return thing.x !== x || thing.y !== y
}

/** How near `point` is to the line from `from` to `to`. If only the end were tested, shots would jump over ships. */
function distance(point: Point, from: Point, to = from): number {
  const [x, y] = [to.x - from.x, to.y - from.y]
  const part = Math.max(0, Math.min(1, ((point.x - from.x) * x + (point.y - from.y) * y) / (x ** 2 + y ** 2 || 1)))
  return Math.sqrt((from.x + part * x - point.x) ** 2 + (from.y + part * y - point.y) ** 2)
}

/** A bot sometimes turns to the nearest ship that it does not touch, and shoots if it is near. In between it flies on. */
function hunt({ ships }: State, id: string, room: RoomFacts, level: { everyTicks: number; error: number }) {
  const own = shipOf(ships, id)
  if (own.hp === 0 || (room.tick + own.color) % level.everyTicks !== 0) return []
  const others = Object.values(ships).filter((ship) => ship.hp > 0 && distance(own, ship) > 2 * SHIP_RADIUS)
  const target = others.sort((a, b) => distance(own, a) - distance(own, b))[0] ?? place(room)
  const [x, y, turn] = [target.x - own.x, target.y - own.y, (room.random() - 0.5) * level.error]
  const scale = 100 / Math.max(1, distance(own, target))
  const steer = { dx: Math.round((x - y * turn) * scale), dy: Math.round((y + x * turn) * scale) }
  return [['steer', steer] as const, ...(distance(own, target) < BOT_RANGE ? [['fire', {}] as const] : [])]
}
