import t from 'tap'
import { openLoopDelay } from '../../src/metrics/loop-delay.ts'
import { simulateTime } from '../helpers/house/sim-time.ts'
import { until } from '../helpers/until.ts'

const STALL_MS = 150
const WINDOW_MS = 15_000

t.test('a stall of this process is seen', async (t) => {
  const loopDelay = openLoopDelay()
  t.teardown(() => loopDelay.close())
  const stall = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STALL_MS)
  const isSeen = () => {
    if (loopDelay.p99Ms() > STALL_MS / 2) return true
    stall()
    return false
  }
  t.ok(await until(isSeen))
})

t.test('what was late is seen by everybody who looks in its window or the next one, and not for ever', async (t) => {
  const time = simulateTime(t)
  const lateMs: number[] = []
  const loopDelay = openLoopDelay({
    enable: () => true,
    disable: () => true,
    reset: () => void lateMs.splice(0),
    get count() {
      return lateMs.length
    },
    percentile: () => Math.max(...lateMs) * 1e6,
  })
  t.equal(loopDelay.p99Ms(), 0)
  lateMs.push(20, 170)
  t.equal(loopDelay.p99Ms(), STALL_MS)
  t.equal(loopDelay.p99Ms(), STALL_MS, 'and by the next one')
  await time.pass(WINDOW_MS)
  lateMs.push(20)
  t.equal(loopDelay.p99Ms(), STALL_MS, 'in the window after it, too')
  await time.pass(WINDOW_MS)
  t.equal(loopDelay.p99Ms(), 0)
  loopDelay.close()
})
