import t from 'tap'
import { FAULTS, simulate } from './simulation.ts'

/**
 * Seeds that found something: an announcement whose outcome was unknown (17), a leave that
 * was answered after it had been given up (22), a user who was counted and not announced (76), a join whose
 * events overtook those that waited (158), rooms that stood still behind a reload when the wall clock had been set back (500010), a
 * player who came back while the room ended and did not hear of it (500047), a connection that was gone when its game refused to have it back (500051), an
 * input that came late by a connection that its client had left (500105), a patch of nothing for a client that had read everything (500126), a
 * room that a host was to take back and that died before it did (501407).
 */
const KEPT = [17, 22, 76, 158, 500_010, 500_047, 500_051, 500_105, 500_126, 501_407, 501_842]
const SEEDS = [...KEPT, 1, 2, 3, 4]

t.test('players in a house where everything breaks get what they were promised, once it has healed', async (t) => {
  const counts: Record<string, number> = {}
  for (const seed of SEEDS) {
    // It is said which one is under way: one that does not end can be repeated, too.
    await t.test(`seed ${seed}`, async (t) => {
      const simulated = await simulate(seed)
      t.strictSame(simulated.wrong, [])
      for (const [name, count] of Object.entries(simulated.counts)) counts[name] = (counts[name] ?? 0) + count
    })
  }
  for (const name of [...FAULTS, 'play', 'input', 'refused', 'say', 'end', 'come']) {
    t.ok((counts[name] ?? 0) > 0, `${name}: ${counts[name]} times`)
  }
})

t.test('a seed repeats its run', async (t) => {
  const [one, other] = [await simulate(9), await simulate(9)]
  t.strictSame(one.counts, other.counts)
})
