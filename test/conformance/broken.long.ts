/** The runner is of use only if it notices: each fault is planted by itself, and the cases that are named for it must fail. */
import t from 'tap'
import { runCases } from '../../src/conformance/run.ts'
import { CASES } from '../../src/conformance/table.ts'
import { FAULTS } from './faults/table.ts'
import { startFaultyProxy } from './faulty-proxy.ts'
import { runsGames, startLimited, startOurs, targetOf } from './target.ts'

/** What never comes is waited for ten times as long. */
const PATIENCE_MS = 150

/** The cases run a hundred times: a fast machine would reach what all together may say to a namespace. */
const MUCH = { BROADCAST_BYTES: '1GiB' }

const [ours, limited] = [await startOurs(t, MUCH), await startLimited(t)]
const isPlayed = (await runsGames(ours)) ? () => true : (id: string) => !id.startsWith('game.')

t.test('a proxy without a fault changes nothing', async (t) => {
  const url = new URL(await startFaultyProxy(t, ours, { frame: (value) => [{ ...value }], seen: () => {} }))
  const cases = CASES.filter(({ id }) => !id.startsWith('limit.') && isPlayed(id))
  const results = await runCases(cases, targetOf(ours, { url }))
  t.strictSame(
    results.filter(({ outcome }) => outcome !== 'ok'),
    [],
  )
})

for (const { fault, run, fails, may = [], make } of FAULTS.filter(({ fails }) => fails.every(isPlayed))) {
  t.test(fault, async (t) => {
    const server = fails.some((id) => id.startsWith('limit.')) ? limited : ours
    const url = new URL(await startFaultyProxy(t, server, make()))
    const results = await runCases(
      CASES.filter(({ id }) => run.test(id)),
      targetOf(server, { url, patienceMs: PATIENCE_MS }),
    )
    const failed = results.filter(({ outcome }) => outcome === 'failed')
    const ids = failed.map(({ id }) => id).filter((id) => !may.includes(id))
    t.strictSame(ids.sort(), [...fails].sort(), 'the cases that are named for it')
    for (const { id, detail = '' } of failed) t.match(detail, /^expected .+; came .+/, `${id} says what came`)
    t.ok(results.length > failed.length, `${results.length - failed.length} other cases do not mind`)
  })
}
