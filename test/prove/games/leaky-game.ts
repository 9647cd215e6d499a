import { defineGame, t } from '../../../src/games/index.ts'

/** What a game must not have: the next host begins it anew. */
let global = 0

export default defineGame({
  name: 'leaky',
  version: 1,
  hz: 20,
  seats: { max: 2 },
  state: t.object({ deep: t.object({ n: t.uint32() }) }),
  inputs: { steer: { type: t.object({ dx: t.uint8(), dy: t.uint8() }), keep: 'latest', perSecond: 30 } },
  create: () => ({ deep: { n: 0 } }),
  on: { steer() {} },
  tick(state) {
    state.deep.n = ++global
  },
})
