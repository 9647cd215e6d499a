import { getEventListeners } from 'node:events'
import t from 'tap'
import { after, backoffMs, sleep } from '../../src/client/timing.ts'
import { simulateTime } from '../helpers/house/sim-time.ts'

t.test('the backoff doubles up to its maximum and is jittered over the whole range', async (t) => {
  const backoff = { baseMs: 100, maxMs: 1_000 }
  t.same(
    [0, 1, 2, 3, 4, 2_000].map((attempt) => backoffMs(attempt, backoff, () => 1)),
    [100, 200, 400, 800, 1_000, 1_000],
  )
  t.equal(
    backoffMs(3, backoff, () => 0),
    0,
  )
  t.equal(
    backoffMs(3, backoff, () => 0.25),
    200,
  )
})

t.test('sleep ends with its time or with a signal, and leaves nothing on the signal', async (t) => {
  const time = simulateTime(t)
  const controller = new AbortController()
  await time.settle(sleep(1_000, [controller.signal]))
  t.equal(time.nowMs, 1_000)
  t.equal(getEventListeners(controller.signal, 'abort').length, 0)
  const other = new AbortController().signal
  const sleeping = sleep(Infinity, [other, controller.signal])
  t.equal(getEventListeners(other, 'abort').length, 1)
  controller.abort()
  await sleeping
  t.equal(getEventListeners(other, 'abort').length, 0)
  await sleep(60_000, [controller.signal])
})

t.test('a timer that was cancelled does not call', async (t) => {
  const time = simulateTime(t)
  let calls = 0
  after(1, () => calls++)()
  after(1, () => calls++)
  await time.pass(10)
  t.equal(calls, 1)
})
