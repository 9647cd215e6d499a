/** What is promised of the step, in ten thousand random matches. FROM=17 SEEDS=1 repeats one. */
import t from 'tap'
import { playMatch } from './match.ts'

const SEEDS = Number(process.env['SEEDS'] ?? 10_000)
const FROM = Number(process.env['FROM'] ?? 1)

t.test('seats, order, all or nothing, numbers and replays hold in random matches', async (t) => {
  let calls = 0
  for (let seed = FROM; seed < FROM + SEEDS; seed++) calls += playMatch(seed)
  t.comment(`${SEEDS} matches, ${calls} callbacks`)
  t.ok(calls > 0)
})
