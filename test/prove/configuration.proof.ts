/**
 * PROOFS P19, `npm run prove:configuration`: every configuration of test/bad-input/configuration.ts ends the process with 78 within
 * SECONDS=2, with one line for the mistake, all lines at once where there are many, and the port never opens.
 */
import t from 'tap'
import { FILES, manyMistakesIn, mistakesIn, startRefused } from '../bad-input/configuration.ts'

const SECONDS = Number(process.env['SECONDS'] ?? 2)
const folder = t.testdir(FILES)

t.test('one mistake, one line', async (t) => {
  const took: number[] = []
  for (const [env, line] of mistakesIn(folder)) {
    const { code, lines, tookMs, portOpened } = await startRefused(folder, env)
    const name = Object.entries(env).join(' ')
    t.match({ code, lines, portOpened }, { code: 78, lines: [line], portOpened: false }, name)
    t.equal(lines.length, 1, name)
    t.ok(tookMs <= SECONDS * 1_000, `${Math.round(tookMs)} ms`)
    took.push(tookMs)
  }
  t.comment(`${took.length} configurations; the slowest ended after ${Math.round(Math.max(...took))} ms`)
})

t.test('many mistakes, a line each', async (t) => {
  const { env, named } = manyMistakesIn(folder)
  const { code, lines, tookMs, portOpened } = await startRefused(folder, env)
  t.match({ code, portOpened }, { code: 78, portOpened: false })
  for (const one of named) t.equal(lines.filter((line) => one.test(line)).length, 1, String(one))
  t.ok(tookMs <= SECONDS * 1_000, `${Math.round(tookMs)} ms`)
})
