import t from 'tap'
import { isGrowing, slopeOf, type Sample } from './slope.ts'

const MIB = 1024 * 1024
const SECONDS = 3000

/** A heap of 80 MiB that fills by 20 MiB and is collected, with something beside it that grows. The noise is the same in each run. */
function memory(leakPerHour: number): Sample[] {
  let state = 7
  return Array.from({ length: SECONDS / 2 }, (_, i) => {
    state = (state * 48_271) % 2_147_483_647
    const seconds = i * 2
    const garbage = (seconds % 37) * 0.54 + (state / 2_147_483_647) * 3
    return { seconds, bytes: (80 + garbage) * MIB + (leakPerHour * seconds) / 3600 }
  })
}

t.test('a heap that breathes does not grow, and 5 MiB an hour below it is seen', async (t) => {
  const flat = slopeOf(memory(0))
  t.ok(flat.noisePerHour < 2 * MIB, `${flat.noisePerHour / MIB} MiB/h of noise`)
  t.notOk(isGrowing(flat, MIB))
  t.notOk(isGrowing(slopeOf(memory(MIB / 2)), MIB))
  t.ok(isGrowing(slopeOf(memory(5 * MIB)), MIB))
})

t.test('a line has its slope and no noise', async (t) => {
  const line = Array.from({ length: 100 }, (_, i) => ({ seconds: i, bytes: 1000 + 2 * i }))
  const { bytesPerHour, noisePerHour } = slopeOf(line)
  t.ok(Math.abs(bytesPerHour - 7200) < 1e-6)
  t.ok(noisePerHour < 1e-6)
  t.throws(() => slopeOf(line.slice(0, 2)), { message: /too few/ })
})
