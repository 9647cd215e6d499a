import t from 'tap'
import { createChance } from '../../src/tracing/chance.ts'

/** Numbers in [0, 1) that are the same in each run. */
function createFractions(seed: number): () => number {
  let state = seed
  return () => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31
}

t.test('none and all are that, without chance', async (t) => {
  const never = () => t.fail('nothing is drawn')
  const [none, all] = [createChance(0, never as never), createChance(1, never as never)]
  for (let i = 0; i < 100; i++) t.same([none(), all()], [false, true])
})

t.test('a share is met, and gaps are as different as chance has them', async (t) => {
  for (const share of [0.01, 0.3, 0.9]) {
    const chooses = createChance(share, createFractions(42))
    const asked = 200_000
    const gaps = new Set<number>()
    let [chosen, gap] = [0, 0]
    for (let i = 0; i < asked; i++) {
      gap++
      if (!chooses()) continue
      chosen++
      gaps.add(gap)
      gap = 0
    }
    t.ok(Math.abs(chosen / asked - share) < share * 0.1, `${chosen} of ${asked} for ${share}`)
    t.ok(gaps.size > 3, `${gaps.size} different gaps`)
    t.ok(gaps.has(1), 'one after another, too')
  }
})

t.test('a share that vanishes beside 1 is next to none, and not all', async (t) => {
  const chooses = createChance(1e-17, createFractions(42))
  t.notOk(Array.from({ length: 1_000 }, chooses).includes(true))
})
