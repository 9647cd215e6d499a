import t from 'tap'
import { createFineWall, systemClock } from '../../src/base/clock.ts'

t.test('it is the wall clock, with fractions', async (t) => {
  const fine = createFineWall(systemClock)
  const fromMs = Date.now()
  const times = Array.from({ length: 1_000 }, fine)
  const toMs = Date.now()
  // The two clocks may be apart by less than what counts as set.
  t.ok(times.every((time) => time > fromMs - 101 && time < toMs + 101))
  t.ok(times.some((time) => !Number.isInteger(time)))
  t.strictSame(
    times,
    times.toSorted((a, b) => a - b),
    'and does not go back',
  )
})

t.test('a wall clock that is set is followed, one that is a little off is not', async (t) => {
  let [nowMs, wallMs] = [5.25, 1_000_000_000_000]
  const fine = createFineWall({ nowMs: () => nowMs, wallMs: () => wallMs })
  t.equal(fine(), wallMs)
  const pass = (ms: number, wall: number) => {
    nowMs += ms
    wallMs += wall
  }
  pass(0.5, 0)
  t.equal(fine(), 1_000_000_000_000.5)
  pass(9.5, 30)
  t.equal(fine(), 1_000_000_000_010)
  pass(1, 3_600_000)
  t.equal(fine(), wallMs, 'an hour ahead')
  pass(1, -7_200_000)
  t.equal(fine(), wallMs, 'and two back')
})
