import t from 'tap'
import { DEFECTS } from './defects.ts'
import { simulate } from './simulation.ts'

/** Seeds that one defect may take until it shows: races are a matter of chance. */
const SEEDS_MAX = 5

t.test('players at three nodes, over a store that fails in every way: nothing is wrong', async (t) => {
  for (let seed = 1; seed <= 3; seed++) {
    const { wrong, bought, refused, faults } = await simulate(seed)
    t.strictSame(wrong, [], `seed ${seed}`)
    t.ok(bought > 300 && refused > 50 && faults > 20, `${bought} bought, ${refused} refused, ${faults} faults`)
  }
})

for (const defect of DEFECTS) {
  t.test(`found: ${defect.name}`, async (t) => {
    let wrong: readonly string[] = []
    for (let seed = 1; seed <= SEEDS_MAX && wrong.length === 0; seed++) wrong = (await simulate(seed, defect)).wrong
    t.ok(wrong.length > 0, wrong[0] ?? 'not found')
  })
}
