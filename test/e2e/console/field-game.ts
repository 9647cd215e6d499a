import { defineGame, refuse, t } from '../../../src/games/index.ts'

const UNITS = 1_000

/** For the console: a state of some 64 KB in which much moves, refusals, mistakes, bots, options. */
export default defineGame({
  name: 'field',
  version: 3,
  hz: 20,
  seats: { min: 2, max: 4, holdMs: 60_000, guests: true },
  options: t.object({ map: t.oneOf('plain', 'hills'), units: t.optional(t.uint16()) }),
  state: t.object({
    phase: t.oneOf('play', 'over'),
    map: t.string(16),
    units: t.map(t.object({ x: t.fixed(0, 1024, 1 / 4), y: t.fixed(0, 1024, 1 / 4), hp: t.uint8(), of: t.string(8) })),
    players: t.map(t.object({ shots: t.uint32(), log: t.array(t.string(20)) })),
  }),
  inputs: { fire: { type: t.object({ x: t.uint16(), y: t.uint16() }) }, fail: { type: t.object({}) } },
  refusals: { TOO_FAR: 'that is out of range' },
  listing: ({ phase, players }) => ({ phase, players: Object.keys(players).length }),
  create: ({ map, units = UNITS }) => ({
    phase: 'play' as const,
    map,
    units: Object.fromEntries(
      Array.from({ length: units }, (_, i) => [`unit-${i}`, { x: i % 1000, y: (i * 7) % 1000, hp: 100, of: 'nobody' }]),
    ),
    players: {},
  }),
  join: (state, seat) => void (state.players[seat.id] = { shots: 0, log: ['joined'] }),
  leave: (state, seat) => void delete state.players[seat.id],
  on: {
    fire(state, seat, { x }) {
      if (x > 1_000) refuse('TOO_FAR')
      const own = state.players[seat.id]
      if (own) own.shots++
    },
    fail() {
      throw new Error('a mistake of the author')
    },
  },
  tick(state) {
    for (const unit of Object.values(state.units)) unit.x = (unit.x + 1) % 1024
  },
  bots: { calm: () => [], eager: (_view, _seat, { tick }) => (tick % 10 === 0 ? [['fire', { x: 1, y: 2 }]] : []) },
})
