/** The game and the test in docs/guides/games-testing.md work as they stand there. */
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'

const ROOT = path.resolve(import.meta.dirname, '../../..')

t.test('the example of the page is right', async (t) => {
  const page = readFileSync(path.join(ROOT, 'docs/guides/games-testing.md'), 'utf8')
  const [game = '', test = ''] = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code)
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
  write('game.ts', game)
  const file = write('game.test.ts', test)
  // Of the environment nothing that makes Node report to somebody else's test runner.
  const { NODE_TEST_CONTEXT: _runner, ...env } = process.env
  const { stdout } = await promisify(execFile)(process.execPath, ['--test-reporter=tap', file], { env, cwd: folder })
  t.match(stdout, /# pass 2\n# fail 0/)
})
