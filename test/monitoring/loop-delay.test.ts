import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { openLoopDelay } from '../../src/metrics/loop-delay.ts'

const WINDOW_MS = 400
const STALL_MS = 150

t.test('a stall is seen by everybody who looks soon after it, and not for ever', async (t) => {
  const loopDelay = openLoopDelay(WINDOW_MS)
  t.teardown(() => loopDelay.close())
  await sleep(50)
  const until = performance.now() + STALL_MS
  while (performance.now() < until);
  await sleep(50)
  t.ok(loopDelay.p99Ms() > STALL_MS / 2)
  t.ok(loopDelay.p99Ms() > STALL_MS / 2, 'and by the next one')
  await sleep(WINDOW_MS)
  t.ok(loopDelay.p99Ms() > STALL_MS / 2, 'in the window after it, too')
  await sleep(WINDOW_MS * 2)
  t.ok(loopDelay.p99Ms() < STALL_MS)
})
