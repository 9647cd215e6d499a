import { defineGame, t } from '../../../src/games/index.ts'

const BYTES_MAX = 60_000

/** Says so much in each tick that what a slow reader leaves soon fills the kernel's buffers. `stop` makes it fall silent. */
export default defineGame({
  name: 'bulky',
  version: 1,
  hz: 20,
  seats: { max: 50 },
  options: t.object({ bytes: t.uint16() }),
  state: t.object({ ticks: t.uint32(), isStopped: t.boolean(), bytes: t.uint16(), pad: t.string(BYTES_MAX) }),
  inputs: {
    steer: { type: t.object({ dx: t.uint8(), dy: t.uint8() }), keep: 'latest', perSecond: 30 },
    stop: { type: t.object({}) },
  },
  create: ({ bytes }) => ({ ticks: 0, isStopped: false, bytes, pad: '' }),
  on: {
    steer() {},
    stop(state) {
      state.isStopped = true
    },
  },
  tick(state) {
    if (state.isStopped) return
    state.ticks++
    state.pad = String.fromCharCode(97 + (state.ticks % 26)).repeat(state.bytes)
  },
})
