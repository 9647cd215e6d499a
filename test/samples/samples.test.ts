/** Samples are read and copied by authors: they are short, and use what `drumbeat/game` offers and nothing else. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { loadGames } from '../../src/host/loader.ts'

const FOLDER = path.resolve(import.meta.dirname, '../../src/samples')
const LINES_MAX = 150

t.test('each is a game of less than 150 lines that imports drumbeat/game only', async (t) => {
  const files = readdirSync(FOLDER)
  t.strictSame([...(await loadGames([FOLDER])).keys()].sort(), files.map((file) => path.parse(file).name).sort())
  for (const file of files) {
    const text = readFileSync(path.join(FOLDER, file), 'utf8')
    t.ok(text.trimEnd().split('\n').length < LINES_MAX, file)
    const imported = [...text.matchAll(/\bfrom '([^']+)'/g)].map(([, specifier]) => specifier)
    t.strictSame(imported, ['../games/index.ts'], file)
  }
})
