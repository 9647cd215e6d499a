/** How large a state is, counted by what changes. */
import t from 'tap'
import { shapeOf } from '../../../src/games/sync/shape.ts'
import { growthOf, sizeOf } from '../../../src/games/sync/size.ts'
import { t as type } from '../../../src/games/types.ts'

const shape = shapeOf(
  type.object({
    name: type.optional(type.string(100)),
    list: type.array(type.string(10)),
    map: type.map(type.object({ x: type.uint8(), text: type.string(50) })),
    any: type.json(),
  }),
)

t.test('growth is the difference of the sizes, whatever has changed', async (t) => {
  let seed = 11
  const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below
  const live: ReturnType<typeof shape.thaw> = { list: [], map: {}, any: {} }
  let tree = shape.freeze(undefined, live)
  for (let step = 0; step < 2_000; step++) {
    const key = `k${random(20)}`
    const change = [
      () => (random(2) === 0 ? delete live.name : (live.name = 'n'.repeat(random(100)))),
      () => (random(3) === 0 ? live.list.pop() : live.list.push('x'.repeat(random(10)))),
      () => (live.map[key] = { x: random(256), text: 't'.repeat(random(50)) }),
      () => delete live.map[key],
      () => (live.any = random(2) === 0 ? { [key]: [1, 'two', { three: true }] } : 'text'),
      () => (live.any = [[], [key], random(9)]),
    ][random(6)]
    change?.()
    const next = shape.freeze(tree, live)
    if (growthOf(tree, next) !== sizeOf(next) - sizeOf(tree)) t.fail(`step ${step}`)
    tree = next
  }
  t.ok(sizeOf(tree) > 1_000)
})
