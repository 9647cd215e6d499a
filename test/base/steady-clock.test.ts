import t from 'tap'
import { createSteadyClock } from '../../src/base/steady-clock.ts'

const MINUTE_MS = 60_000
const START_MS = 1_790_000_000_000

function setUp() {
  let [nowMs, offsetMs] = [1_000, START_MS - 1_000]
  const clock = createSteadyClock({ nowMs: () => nowMs, wallMs: () => nowMs + offsetMs })
  return { clock, pass: (ms: number) => void (nowMs += ms), jump: (ms: number) => void (offsetMs += ms) }
}

t.test('a jump is not followed, and is over when the wall clock is right again', async (t) => {
  const { clock, pass, jump } = setUp()
  jump(86_400_000)
  pass(70_000)
  t.equal(clock.apartMs(), 86_400_000)
  t.equal(clock.wallMs(), START_MS + 70_000)
  jump(-86_400_000)
  t.equal(clock.apartMs(), undefined)
  t.equal(clock.wallMs(), START_MS + 70_000)
})

t.test('small steps are followed, in both directions', async (t) => {
  const { clock, jump } = setUp()
  for (const [step, wall] of [
    [MINUTE_MS, MINUTE_MS],
    [MINUTE_MS, 2 * MINUTE_MS],
    [-MINUTE_MS, MINUTE_MS],
  ] as const) {
    jump(step)
    t.equal(clock.apartMs(), undefined)
    t.equal(clock.wallMs(), START_MS + wall)
  }
})

t.test('a clock that was set is believed after ten minutes', async (t) => {
  const { clock, pass, jump } = setUp()
  jump(-3_600_000)
  t.equal(clock.apartMs(), -3_600_000)
  pass(10 * MINUTE_MS - 1)
  t.equal(clock.apartMs(), -3_600_000)
  pass(1)
  t.equal(clock.apartMs(), undefined)
  t.equal(clock.wallMs(), START_MS + 10 * MINUTE_MS - 3_600_000)
})
