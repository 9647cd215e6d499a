import t from 'tap'
import { createCollector } from '../../src/base/heap.ts'

const TOOK_MS = 900

function setUp() {
  const scheduled: { readonly action: () => void; readonly delayMs: number }[] = []
  let [nowMs, collections] = [0, 0]
  const collect = createCollector({
    nowMs: () => nowMs,
    schedule: (action, delayMs) => void scheduled.push({ action, delayMs }),
    collect: () => {
      collections++
      nowMs += TOOK_MS
    },
  })
  const pass = (ms: number) => (nowMs += ms)
  return { collect, scheduled, pass, count: () => collections }
}

t.test('garbage is collected at once, and then for a tenth of the time at most', async (t) => {
  const { collect, scheduled, pass, count } = setUp()
  collect()
  t.equal(count(), 1)
  pass(TOOK_MS)
  for (let i = 0; i < 5; i++) collect()
  t.equal(count(), 1, 'not yet again')
  t.match(scheduled, [{ delayMs: 9 * TOOK_MS }])
  t.equal(scheduled.length, 1)
  pass(9 * TOOK_MS)
  scheduled[0]?.action()
  t.equal(count(), 2, 'but what was asked for is done')
  pass(10 * TOOK_MS)
  collect()
  t.equal(count(), 3)
})
