import t from 'tap'
import { compileAll, fuzz } from './fuzz.ts'

/** Types of 6 pairs each. */
const SEEDS = Number(process.env['SEEDS'] ?? 170_000)
const FROM = Number(process.env['FROM'] ?? 10_000)

t.test('a million pairs of values arrive, by each kind of patch', async (t) => {
  const half = FROM + (SEEDS >> 1)
  const general = fuzz(FROM, half)
  compileAll()
  const compiled = fuzz(half + 1, FROM + SEEDS)
  t.comment(`${general + compiled} pairs`)
  t.ok(general + compiled > SEEDS)
})
