import t from 'tap'
import { DueQueue } from '../../src/base/due-queue.ts'

t.test('items come when they are due, the earliest first, each at its newest time only', async (t) => {
  const queue = new DueQueue<string>()
  t.equal(queue.nextDue, undefined)
  for (const [item, due] of [
    ['c', 30],
    ['a', 10],
    ['b', 20],
    ['late', 5],
    ['late', 40],
    ['gone', 1],
  ] as const) {
    queue.set(item, due)
  }
  queue.delete('gone')
  t.equal(queue.size, 4)
  t.equal(queue.nextDue, 10)
  t.strictSame(queue.takeUntil(20), ['a', 'b'])
  t.equal(queue.nextDue, 30)
  t.strictSame(queue.takeUntil(29), [])
  t.strictSame(queue.takeUntil(100), ['c', 'late'])
  t.equal(queue.size, 0)
})

t.test('it is as a sorted list is, whatever is done to it', async (t) => {
  let seed = 7
  const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below
  const queue = new DueQueue<number>()
  const model = new Map<number, number>()
  for (let step = 0; step < 5_000; step++) {
    const item = random(50)
    const due = random(1_000)
    const what = random(10)
    if (what < 7) {
      queue.set(item, due)
      model.set(item, due)
    } else if (what < 8) {
      queue.delete(item)
      model.delete(item)
    } else {
      const taken = queue.takeUntil(due)
      const expected = [...model].filter(([, at]) => at <= due).map(([key]) => key)
      if (sorted(taken) !== sorted(expected)) t.fail(`step ${step}`)
      if (taken.some((key, i) => i > 0 && (model.get(taken[i - 1] ?? 0) ?? 0) > (model.get(key) ?? 0))) t.fail('order')
      for (const key of taken) model.delete(key)
    }
    const first = Math.min(...model.values())
    if ((queue.nextDue ?? Infinity) !== first) t.fail(`step ${step}: ${queue.nextDue}, not ${first}`)
  }
  t.pass('5,000 steps')
})

function sorted(items: readonly number[]): string {
  return items.toSorted((a, b) => a - b).join()
}
