/** What is promised of the step, in random matches of random games; and that each of these defects would be found. */
import t from 'tap'
import { DEFECTS } from './defects.ts'
import { playMatch } from './match.ts'
import { Found } from './model.ts'

const SEEDS = 300
/** Those that found something. */
const KEPT = [558]

t.test('seats, order, all or nothing, numbers and replays hold in random matches', async (t) => {
  let calls = 0
  for (let seed = 1; seed <= SEEDS; seed++) calls += playMatch(seed)
  for (const seed of KEPT) calls += playMatch(seed)
  t.ok(calls > 10 * SEEDS, `${calls} callbacks`)
})

for (const { name, plant } of DEFECTS) {
  t.test(`found: ${name}`, async (t) => {
    const remove = plant()
    t.teardown(remove)
    const found = firstFound()
    t.ok(found, 'within the seeds')
    t.comment(found)
  })
}

function firstFound(): string | undefined {
  for (let seed = 1; seed <= SEEDS; seed++) {
    try {
      playMatch(seed)
    } catch (error) {
      if (error instanceof Found) return error.message
      throw error
    }
  }
  return undefined
}
