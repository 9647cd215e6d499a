import { defineGame, t } from '../../../src/games/index.ts'

/** Four seats and nothing to do, so that what is measured is how players come into rooms. */
export default defineGame({
  name: 'quartet',
  version: 1,
  hz: 0,
  seats: { max: 4, holdMs: 1_000 },
  options: t.object({ map: t.string(16) }),
  state: t.object({ map: t.string(16), players: t.map(t.boolean()) }),
  create: ({ map }) => ({ map, players: {} }),
  join: (state, { id }) => void (state.players[id] = true),
  leave: (state, { id }) => void delete state.players[id],
  listing: ({ map }) => ({ map }),
})
