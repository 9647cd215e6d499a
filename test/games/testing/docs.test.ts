/** The game and the test in docs/guides/games-testing.md work as they stand there. */
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import type { Game } from '../../../src/games/define.ts'
import { openShelf, recordMatch, type Match } from '../../helpers/games/record-match.ts'

/** What the recording of the page has. */
const played: Match['entries'] = (tick) => {
  if (tick <= 2)
    return [
      { kind: 'join', joiner: { user: tick === 1 ? 'ann' : 'bob', isGuest: false, inventory: {}, ledgerEntry: 0 } },
    ]
  return tick % 10 === 0 ? [{ kind: 'input', user: 'bob', name: 'run', input: { dx: 1 } }] : []
}
const ROOT = path.resolve(import.meta.dirname, '../../..')

t.test('the example of the page is right', async (t) => {
  const page = readFileSync(path.join(ROOT, 'docs/guides/games-testing.md'), 'utf8')
  const [game = '', test = '', report = ''] = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code)
  const folder = t.testdir({})
  const write = (name: string, code: string) => {
    const file = path.join(folder, name)
    const imports = { 'drumbeat/game/testing': 'testing/index.ts', 'drumbeat/game': 'index.ts' }
    for (const [specifier, place] of Object.entries(imports)) {
      code = code.replace(`'${specifier}'`, `'${path.join(ROOT, 'src/games', place)}'`)
    }
    writeFileSync(file, code)
    return file
  }
  const { default: tag } = (await import(write('game.ts', game))) as { readonly default: Game }
  recordMatch(openShelf(folder), { game: tag, room: 'tag:k3XyPq', ticks: 120, entries: played })
  const file = write('game.test.ts', test)
  // Of the environment nothing that makes Node report to somebody else's test runner.
  const { NODE_TEST_CONTEXT: _runner, ...env } = process.env
  const run = (name: string) =>
    promisify(execFile)(process.execPath, ['--test-reporter=tap', name], { env, cwd: folder })
  const { stdout } = await run(file)
  t.match(stdout, /# pass 2\n# fail 0/)
  const reported = await run(write('report.test.ts', report))
  t.match(reported.stdout, /# pass 3\n# fail 0/)
})
