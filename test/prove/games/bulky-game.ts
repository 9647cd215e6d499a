import { defineGame, t } from '../../../src/games/index.ts'

/** Of each patch, about: 100 kB a second for each client. */
const PAD_BYTES = 5_000

/** Says so much in each tick that what a slow reader leaves soon fills the kernel's buffers. `stop` makes it fall silent. */
export default defineGame({
  name: 'bulky',
  version: 1,
  hz: 20,
  seats: { max: 50 },
  state: t.object({ ticks: t.uint32(), isStopped: t.boolean(), pad: t.string(PAD_BYTES) }),
  inputs: {
    steer: { type: t.object({ dx: t.uint8(), dy: t.uint8() }), keep: 'latest', perSecond: 30 },
    stop: { type: t.object({}) },
  },
  create: () => ({ ticks: 0, isStopped: false, pad: '' }),
  on: {
    steer() {},
    stop(state) {
      state.isStopped = true
    },
  },
  tick(state) {
    if (state.isStopped) return
    state.ticks++
    state.pad = String.fromCharCode(97 + (state.ticks % 26)).repeat(PAD_BYTES)
  },
})
