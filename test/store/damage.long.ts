import { rmSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { makeSample, tryDamaged, type Outcome } from './damage.ts'

const SEEDS = 200

/** A signal would end this process, and so fail the test. */
async function tryAll(t: Test, isClosed: boolean): Promise<readonly Outcome[]> {
  const folder = t.testdir()
  const sample = await makeSample(join(folder, 'data'), isClosed)
  const outcomes: Outcome[] = []
  for (let seed = 0; seed < SEEDS; seed++) {
    const outcome = await tryDamaged(join(folder, 'damaged'), sample, seed)
    outcomes.push(outcome)
    const { done, refused, isNewEpoch, isSameLog } = outcome
    if (refused !== undefined) t.notMatch(refused, /\n/, `seed ${seed}: ${done}`)
    else if (!isNewEpoch && !isSameLog) t.fail(`seed ${seed}: ${done}: the epoch is the same, and the log another one`)
  }
  rmSync(folder, { recursive: true })
  return outcomes
}

for (const isClosed of [true, false]) {
  t.test(`a data folder that was ${isClosed ? '' : 'not '}closed, and then damaged`, async (t) => {
    const outcomes = await tryAll(t, isClosed)
    t.ok(
      outcomes.some(({ refused }) => refused?.includes('is damaged')),
      'damaged records are refused',
    )
    t.ok(
      outcomes.some(({ refused }) => refused?.includes('is gone')),
      'records that are gone beside a log are refused',
    )
    t.ok(
      outcomes.some(({ refused }) => refused?.includes('are older')),
      'records of an earlier time are refused',
    )
    t.ok(
      outcomes.some(({ isNewEpoch }) => isNewEpoch),
      'a log that is damaged is let go',
    )
  })
}
