import { defineGame, t } from '../../../src/games/index.ts'

/** Who came first is kept here and not in the state: the next host does not know. */
const order = new Map<string, true>()

export default defineGame({
  name: 'ordered',
  version: 1,
  hz: 20,
  seats: { max: 4 },
  state: t.object({ ticks: t.uint32(), seats: t.map(t.object({ rank: t.uint8() })) }),
  inputs: { steer: { type: t.object({ dx: t.uint8(), dy: t.uint8() }), keep: 'latest', perSecond: 30 } },
  create: () => ({ ticks: 0, seats: {} }),
  on: { steer() {} },
  join(state, seat) {
    order.set(seat.id, true)
    state.seats[seat.id] = { rank: 0 }
  },
  tick(state) {
    state.ticks++
    const first = [...order.keys()][state.ticks % Math.max(1, order.size)]
    for (const [id, seat] of Object.entries(state.seats)) seat.rank = id === first ? 1 : 0
  },
})
