/** A host as a process: the games it loads, and how it ends when one of them does not end, or eats its memory. */
import { symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { transform } from 'esbuild'
import t from 'tap'
import { folderOf, RunningHost } from './helpers/process.ts'

const game = (name: string, rest = '', on = 'go() {}'): string => `
import { defineGame, t } from 'drumbeat/game'

export default defineGame({
  name: '${name}', version: 1, hz: 20, seats: { max: 2 },
  state: t.object({ n: t.uint32() }),
  inputs: { go: { type: t.object({}) } },
  create: () => ({ n: 0 }),
  on: { ${on} },
  ${rest}
})
`

t.test('games are loaded from files and folders, in TypeScript and JavaScript, wherever they are', async (t) => {
  const folder = folderOf(t, {
    'one.ts': game('one', 'tick: (state: { n: number }): void => void state.n++,'),
    'two.mjs': game('two'),
    'one.test.ts': 'this is no game',
    'types.d.ts': 'nor is this',
    'README.md': 'nor this',
  })
  const other = folderOf(t, { 'three.js': game('three') })
  const host = new RunningHost(t, { GAMES: `${folder},${path.join(other, 'three.js')}` })
  t.match(await host.started, [{ name: 'one', hz: 20, inputs: ['go'] }, { name: 'two' }, { name: 'three' }])
})

t.test('what is told while the games are loaded ends nothing: a level of the log, and a stop', async (t) => {
  const host = new RunningHost(t, { GAMES: folderOf(t, { 'one.ts': game('one') }) })
  host.link.tell('logLevel', { part: 'host', level: 'debug' })
  t.equal(await host.link.ask('drain', { withinMs: 1_000, graceMs: 0 }), null)
  t.match(await host.started, [{ name: 'one' }])
})

t.test('an empty folder has no games; without GAMES there are the samples', async (t) => {
  const host = new RunningHost(t, { GAMES: folderOf(t, {}) })
  t.strictSame(await host.started, [])
  const games = await new RunningHost(t, {}).started
  t.ok(Array.isArray(games) && games.some(({ name }) => name === 'tictactoe'))
})

t.test('all that is wrong with games is said at once, each with its file and line', async (t) => {
  const folder = folderOf(t, {
    'a.ts': game('same'),
    'b.ts': game('same'),
    'bad-syntax.ts': 'export const a = 1\nexport default defineGame({,\n',
    'bad-syntax.mjs': 'export const a = 1\nexport default defineGame({,\n',
    'enum.ts': 'export enum E { A }\n',
    'mistakes.ts': game('Wrong Name').replace('hz: 20', 'hz: 1000'),
    'none.ts': 'export const a = 1\n',
    'plain.ts': 'export default { name: "plain" }\n',
    'throws.ts': 'const nothing = undefined as unknown as { x: number }\n\nexport default nothing.x\n',
    'unknown.ts': "import './no-such-file.ts'\n",
    'using-bad.ts': "import './parts/bad.ts'\n",
    'using-bad-js.ts': "import './parts/bad.js'\n",
    'using-throws.ts': "import './parts/throws.ts'\n",
    'parts/bad.ts': '\n\nexport const a = {{\n',
    'parts/bad.js': '\nexport const a = {{\n',
    'parts/throws.ts': "\n\n\nthrow new Error('not today')\n",
  })
  const host = new RunningHost(t, { GAMES: `${folder},${folder}/nowhere.ts,${folder}/a.py` })
  const said = await host.started
  const mistakes = 'mistakes' in said ? said.mistakes.map((line) => line.replace(`${folder}/`, '')) : []
  t.match(mistakes, [
    /nowhere\.ts: there is no such file/,
    /a\.py: there is no such file/,
    /^bad-syntax\.mjs:2: SyntaxError/,
    /^bad-syntax\.ts:2: SyntaxError/,
    /^enum\.ts:1.*enum/,
    /^mistakes\.ts:\d+.*the game "Wrong Name" is not right/,
    /^ {2}name: 1 to 32/,
    /^ {2}hz: an integer/,
    /^none\.ts: it has no default export/,
    /^plain\.ts: its default export is no game/,
    /^throws\.ts:3.*TypeError/,
    /^unknown\.ts.*no-such-file/,
    /^parts\/bad\.js:2: SyntaxError/,
    /^parts\/bad\.ts:3: SyntaxError/,
    /^parts\/throws\.ts:4:7: Error: not today/,
    /^b\.ts: the game "same" is in .*a\.ts, too/,
  ])
})

t.test(
  'a game is other code when its file, or one that it imports, has other contents, and not for another game',
  async (t) => {
    const files = {
      'one.ts': `import './parts/shared.ts'\n${game('one')}`,
      'two.ts': `import './parts/two.ts'\n${game('two')}`,
      'three.js': game('three'),
      'parts/shared.ts': "import './deep.ts'\n",
      'parts/two.ts':
        "import './shared.ts'\nimport facts from './facts.json' with { type: 'json' }\nexport { facts }\n",
      'parts/deep.ts': 'export const a = 1\n',
      'parts/facts.json': '{ "a": 1 }',
      'parts/unused.ts': 'export const c = 1\n',
    }
    const folder = folderOf(t, files)
    const current = path.join(folderOf(t, {}), 'current')
    symlinkSync(folder, current)
    const codes = async (place = folder) => {
      const host = new RunningHost(t, { GAMES: place })
      await host.started
      return Object.fromEntries(host.sources.map(({ name, code }) => [name, code]))
    }
    const before = await codes()
    t.strictSame(Object.keys(before), ['one', 'three', 'two'])
    t.strictSame(await codes(current), before, 'by way of a link')
    const changed = async (place: string, text: string) => {
      writeFileSync(path.join(folder, place), text)
      const after = await codes()
      writeFileSync(path.join(folder, place), files[place as keyof typeof files])
      return Object.keys(before).filter((name) => after[name] !== before[name])
    }
    t.strictSame(await changed('one.ts', files['one.ts']), [], 'saved as it was')
    t.strictSame(await changed('one.ts', `${files['one.ts']}\n// more`), ['one'])
    t.strictSame(await changed('parts/deep.ts', 'export const a = 2\n'), ['one', 'two'])
    t.strictSame(await changed('parts/facts.json', '{ "a": 2 }'), ['two'])
    t.strictSame(await changed('parts/unused.ts', 'export const c = 2\n'), [])
    const copy = folderOf(t, files)
    t.strictSame(await codes(copy), before, 'in another folder')
  },
)

t.test('a callback that does not end is named, and its host is ended', async (t) => {
  const folder = folderOf(t, {
    'loop.ts': game('loop', '', 'go(state) { for (;;) state.n = 1 }'),
    'good.ts': game('good'),
  })
  const host = new RunningHost(t, { GAMES: folder, GAME_BUDGET: '100ms' })
  await host.openRoom(7, 'loop')
  await host.openRoom(8, 'good')
  await host.enter(7, 71, 'alice')
  t.equal(host.process.culprit, undefined)
  const input = host.link.ask('input', { handle: 7, viewer: 71, name: 'go', input: {}, seq: null })
  await t.rejects(input, { code: 'OUTCOME_UNKNOWN' })
  t.match(
    await host.process.ended,
    /^SIGKILL, as on\.go of the game loop had not ended after \d+ ms \(room 7, tick \d+\)/,
  )
  t.match(host.process.culprit, { why: 'time', handle: 7, game: 'loop', callback: 'on.go', tick: Number })
})

t.test('a bot that does not end is named, and its host is ended', async (t) => {
  const folder = folderOf(t, { 'stuck.ts': game('stuck', 'bots: { easy: () => [], stuck: () => { for (;;); } },') })
  const host = new RunningHost(t, { GAMES: folder, GAME_BUDGET: '100ms' })
  await host.openRoom(7, 'stuck')
  await host.link.ask('addBot', { handle: 7, bot: 'easy' })
  t.equal(host.process.culprit, undefined)
  // Its seat may be answered before it is asked what it does.
  const added = host.link.ask('addBot', { handle: 7, bot: 'stuck' }).catch((error: unknown) => error)
  t.match(await host.process.ended, /^SIGKILL, as bots\.stuck of the game stuck had not ended after/)
  t.match(host.process.culprit, { why: 'time', handle: 7, game: 'stuck', callback: 'bots.stuck' })
  await added
})

t.test('what fails is told with its place in the source, in TypeScript and behind a source map', async (t) => {
  const source = game('mapped', '', "go(): void {\n    throw new Error('here')\n  }")
  const built = await transform(source, {
    loader: 'ts',
    sourcemap: 'inline',
    sourcefile: 'mapped-source.ts',
    minify: true,
  })
  const folder = folderOf(t, {
    'plain.ts': source.replace("'mapped'", "'plain'"),
    'built.js': built.code,
  })
  const line = source.split('\n').findIndex((text) => text.includes("'here'")) + 1
  const host = new RunningHost(t, { GAMES: folder })
  for (const [handle, name] of [
    [1, 'plain'],
    [2, 'mapped'],
  ] as const) {
    await host.openRoom(handle, name)
    await host.enter(handle, 10 + handle, 'alice')
    const input = host.link.ask('input', { handle, viewer: 10 + handle, name: 'go', input: {}, seq: null })
    await t.rejects(input, { code: 'GAME_FAILED' })
  }
  t.match(host.failures, [
    { game: 'plain', callback: 'on.go', message: 'Error: here', place: `${folder}/plain.ts:${line}:11` },
    { game: 'mapped', callback: 'on.go', message: 'Error: here', place: `${folder}/mapped-source.ts:${line}:11` },
  ])
})

t.test('a game uses nothing that would make its replay another one', async (t) => {
  const folder = folderOf(t, {
    'chance.ts': game('chance', '', 'go(state, _seat, _input, room) { state.n = Math.random() * 10 }'),
  })
  const host = new RunningHost(t, { GAMES: folder })
  await host.openRoom(1, 'chance')
  await host.enter(1, 11, 'alice')
  await t.rejects(host.link.ask('input', { handle: 1, viewer: 11, name: 'go', input: {}, seq: null }), {
    code: 'GAME_FAILED',
  })
})

t.test('a game that eats memory ends its host by the limit of the heap, and is named', async (t) => {
  const folder = folderOf(t, {
    'eater.ts': `const kept: unknown[] = []\n${game('eater', 'tick() { kept.push(Array.from({ length: 300_000 }, (_, i) => [i])) },')}`,
  })
  const host = new RunningHost(t, { GAMES: folder, GAME_BUDGET: '60s', GAME_HOST_MEMORY: '64MiB' })
  await host.openRoom(1, 'eater')
  t.match(await host.process.ended, /as tick of the game eater ran when the memory was used up \(room 1, tick \d+\)/)
  t.match(host.process.culprit, { why: 'memory', handle: 1 })
})
