/**
 * `npm run prove -- simulation`: SEEDS=2000 runs of the simulation, from the seed FROM=1 on. A failure prints its seed, which repeats it:
 * `SEEDS=1 FROM=17 npm run prove -- simulation`.
 */
import t from 'tap'
import { simulate } from './simulation.ts'

const SEEDS = Number(process.env['SEEDS'] ?? 2_000)
const FROM = Number(process.env['FROM'] ?? 1)
const PROGRESS_EVERY = 100

t.test(`${SEEDS} seeds`, async (t) => {
  const startedMs = performance.now()
  const counts: Record<string, number> = {}
  const failed: number[] = []
  for (let seed = FROM; seed < FROM + SEEDS; seed++) {
    const simulated = await simulate(seed)
    for (const [name, count] of Object.entries(simulated.counts)) counts[name] = (counts[name] ?? 0) + count
    if (simulated.wrong.length > 0) {
      failed.push(seed)
      t.comment(`seed ${seed}: ${simulated.wrong.slice(0, 5).join('; ')}`)
    }
    const done = seed - FROM + 1
    const perMinute = Math.round((done / (performance.now() - startedMs)) * 60_000)
    if (done % PROGRESS_EVERY === 0) t.comment(`${done} of ${SEEDS}, ${perMinute} a minute`)
  }
  t.strictSame(failed, [], 'seeds that found something')
  t.comment(JSON.stringify(counts))
})
