import t from 'tap'
import { createCollector } from '../../src/base/heap.ts'

t.test('garbage is collected for a tenth of the time at most', async (t) => {
  const clock = { atMs: 0, nowMs: () => clock.atMs }
  let collections = 0
  const collect = createCollector(clock, () => {
    collections++
    clock.atMs += 900
  })
  for (let i = 0; i < 60; i++) {
    collect()
    clock.atMs += 2_000
  }
  t.equal(collections, 12, 'of 60 that were asked for, 0.9 s each')
})
