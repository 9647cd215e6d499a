import { defineGame, t } from '../../../src/games/index.ts'

/** After the input: it is in the journal by then, so that the next host comes to it, too. */
const FAULT_AFTER_TICKS = 20
const HOARD_EACH = 1_000_000

/** What a game must not have: it is how one eats memory. */
const hoard: number[][] = []

/** Counts its ticks, so that one that was left out shows. One player may ask it to go wrong. */
export default defineGame({
  name: 'steady',
  version: 1,
  hz: 20,
  seats: { max: 8 },
  state: t.object({ ticks: t.uint32(), fault: t.oneOf('none', 'throw', 'loop', 'memory'), faultFrom: t.uint32() }),
  inputs: {
    steer: { type: t.object({ dx: t.uint8(), dy: t.uint8() }), keep: 'latest', perSecond: 30 },
    fail: { type: t.object({ how: t.oneOf('throw', 'loop', 'memory') }) },
  },
  create: () => ({ ticks: 0, fault: 'none' as const, faultFrom: 0 }),
  on: {
    steer() {},
    fail(state, _seat, { how }, room) {
      state.fault = how
      state.faultFrom = room.tick + FAULT_AFTER_TICKS
    },
  },
  tick(state) {
    state.ticks++
    if (state.ticks < state.faultFrom) return
    if (state.fault === 'throw') throw new Error('as it was asked to')
    if (state.fault === 'loop') for (;;);
    if (state.fault === 'memory') hoard.push(Array.from({ length: HOARD_EACH }, (_, i) => i + 0.5))
  },
})
