import t from 'tap'
import { DEFECTS } from './defects.ts'
import { GAME_DEFECTS } from './game-defects.ts'
import { simulate } from './simulation.ts'

const SEEDS_MAX = 200

/** What the simulation says of the first seed that finds the defect. */
async function find(plant: () => () => void): Promise<{ readonly seed: number; readonly wrong: string } | undefined> {
  for (let seed = 1; seed <= SEEDS_MAX; seed++) {
    const takeOut = plant()
    try {
      const [wrong] = (await simulate(seed)).wrong
      if (wrong !== undefined) return { seed, wrong }
    } catch (thrown) {
      return { seed, wrong: String(thrown) }
    } finally {
      takeOut()
    }
  }
  return undefined
}

for (const { name, plant } of [...DEFECTS, ...GAME_DEFECTS]) {
  t.test(`the simulation finds within ${SEEDS_MAX} seeds: ${name}`, async (t) => {
    const found = await find(plant)
    t.ok(found, found ? `seed ${found.seed}: ${found.wrong.slice(0, 120)}` : 'it is not found')
  })
}
