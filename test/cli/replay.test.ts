/** `drumbeat replay`, as somebody calls it. */
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { saga } from '../helpers/games/saga.ts'
import { openShelf, recordMatch, type Match } from '../helpers/games/record-match.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const GAME = path.join(ROOT, 'test/helpers/games/saga-file.ts')

interface Said {
  readonly code: number
  readonly out: string
  readonly err: string
}

function replay(...args: readonly string[]): Promise<Said> {
  return new Promise((resolve) => {
    const cli = path.join(ROOT, 'src/cli.ts')
    execFile(process.execPath, [cli, 'replay', ...args], { maxBuffer: 2 ** 26 }, (error, out, err) => {
      resolve({ code: error ? Number(error.code) : 0, out, err })
    })
  })
}

const entries: Match['entries'] = (tick) => {
  if (tick === 1) return [{ kind: 'join', joiner: { user: 'ann', isGuest: false, inventory: {}, ledgerEntry: 0 } }]
  if (tick === 30) return [{ kind: 'input', user: 'ann', name: 'go', input: { by: 9.5 } }]
  if (tick === 40) return [{ kind: 'input', user: 'ann', name: 'break', input: {} }]
  if (tick === 70) return [{ kind: 'input', user: 'bob', name: 'roll', input: {} }]
  if (tick === 90) return [{ kind: 'input', user: 'ann', name: 'win', input: {} }]
  return []
}
const folder = t.testdir({ one: {}, other: {} })
const { file } = recordMatch(openShelf(path.join(folder, 'one')), {
  game: saga,
  ticks: 100,
  options: { gold: 3 },
  entries,
})
const { file: other } = recordMatch(openShelf(path.join(folder, 'other')), {
  game: saga,
  ticks: 100,
  options: { gold: 3 },
  entries: (tick, run) =>
    tick === 33 ? [{ kind: 'input', user: 'ann', name: 'roll', input: {} }] : entries(tick, run),
})
/** The game, with `go` that is another one. */
const changed = path.join(folder, 'changed.ts')
writeFileSync(
  changed,
  readFileSync(path.join(ROOT, 'test/helpers/games/saga.ts'), 'utf8')
    .replace(`'../../../src/games/index.ts'`, `'drumbeat/game'`)
    .replace('export const saga =', 'export default')
    .replace('own.steps++', 'own.steps++\n      state.gold++'),
)

t.test('a recording is played, and is the same', async (t) => {
  const { code, out, err } = await replay(file, '--games', GAME)
  t.equal(code, 0, err)
  t.match(
    out,
    /^room saga:x, game saga, version 1, from its first tick\nbegun .* by Drumbeat test, seed 7, options \{"gold":3\}\n/,
  )
  t.match(out, /\ntick 1\n  join ann\n {6}\{"ticks":1,"at":\{"ann":/)
  t.match(out, /\ntick 30\n  input ann go \{"by":9.5\}\n/)
  t.match(
    out,
    /\ntick 40\n  input ann break \{\} -> GAME_FAILED\n  ! on\.break threw Error: broken \(.*saga\.ts:\d+:\d+\)\n/,
  )
  t.match(out, /\n  input bob roll \{\} -> NOT_IN_ROOM\n/)
  t.match(out, /\nthe end: over in tick 90, result \{"winner":"ann","gold":\d+\}\n/)
  t.match(out, /\n90 ticks played; \d+ hashes and 4 whole states are the same as in the recording\n$/)
})

t.test('--json, --to, --all and --summary', async (t) => {
  const { code, out } = await replay(file, '--games', GAME, '--json', '--to', '35')
  t.equal(code, 0)
  const lines = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  t.match(lines[0], { recording: { drumbeat: 'recording', game: 'saga' } })
  t.match(lines[1], { part: 'start', tick: 0, state: { gold: 3 } })
  t.match(lines.at(-2), {
    tick: 30,
    entries: [{ kind: 'input', user: 'ann', name: 'go', data: { by: 9.5 }, error: null }],
  })
  t.match(lines.at(-1), { played: { ticks: 35, tick: 35 }, end: null, torn: null })
  const all = await replay(file, '--games', GAME, '--json', '--to', '35', '--all')
  t.equal(all.out.trim().split('\n').length, 2 + 35 + 1)
  t.match(all.out, /"hash":(\d+),"replayed":\1,/)
  const summary = await replay(file, '--games', GAME, '--summary')
  t.equal(summary.out.trim().split('\n').length, 4)
})

t.test('what differs ends with 1, and is named', async (t) => {
  const { code, out } = await replay(file, '--games', changed, '--summary')
  t.equal(code, 1)
  t.match(
    out,
    /\nDIFFERENT from the recording in tick 30 \(it was the same up to tick 20\): state\.gold is \d+, and was \d+\n$/,
  )
  const builds = await replay(file, '--games', GAME, '--against', changed, '--summary')
  t.equal(builds.code, 1)
  t.match(
    builds.out,
    /DIFFERENT from .*changed\.ts in tick 30 \(it was the same up to tick 29\): state\.gold is \d+, and was \d+\n$/,
  )
  const recordings = await replay(file, '--against', other)
  t.equal(recordings.code, 1)
  t.match(
    recordings.out,
    /DIFFERENT from .*saga\.x\.recording in tick 33 .*: what entered is .*"roll".*, and was nothing\n$/,
  )
  t.match(await replay(file, '--against', file), { code: 0, out: /\d+ ticks are the same as in/ })
})

t.test('mistakes are said in words', async (t) => {
  const text = path.join(folder, 'text')
  writeFileSync(text, 'hello')
  const cases: readonly (readonly [args: readonly string[], said: RegExp])[] = [
    [[], /replay takes one file/],
    [[file, file], /replay takes one file/],
    [[path.join(folder, 'nothing')], /nothing: there is no such file/],
    [[text], /text: this is no recording of a room/],
    [[file, '--to', 'x'], /--to must be an integer from 0 up, not x/],
    [
      [file, '--games', path.join(ROOT, 'src/samples')],
      /the recording is of the game saga, which is not in .*samples \(found: arena, tictactoe\): use --games FILE/,
    ],
    [[file, '--games', path.join(folder, 'no.ts')], /no\.ts: there is no such file or folder/],
    [[file, '--games', GAME, '--against', path.join(folder, 'nothing')], /nothing: there is no such file/],
  ]
  const found = await Promise.all(cases.map(async ([args, said]) => ({ args, said, ...(await replay(...args)) })))
  for (const { args, said, code, err } of found) t.match({ code, err }, { code: 64, err: said }, args.join(' '))
})
