import { defineGame, t } from '../../src/games/index.ts'

const PAD_BYTES = 50_000

/** Each tick changes much: soon nothing more fits into the kernel's buffers of a client that does not read. */
export default defineGame({
  name: 'pump',
  version: 1,
  hz: 60,
  seats: { min: 1, max: 8, holdMs: 60_000 },
  state: t.object({ tick: t.uint32(), pad: t.string(PAD_BYTES) }),
  inputs: {},
  create: () => ({ tick: 0, pad: '' }),
  tick(state, room) {
    state.tick = room.tick
    state.pad = String(room.tick % 10).repeat(PAD_BYTES)
  },
})
