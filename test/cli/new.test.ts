/** `drumbeat new`: what it makes works as it is, and what it must not touch it does not. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { execFile } from 'node:child_process'
import t, { type Test } from 'tap'
import { loadGames } from '../../src/host/loader.ts'
import { blocksOf, readPage } from '../docs/markdown.ts'
import { CLI } from '../helpers/command.ts'

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function run(cwd: string, ...args: readonly string[]): Promise<Ended> {
  const { PATH = '' } = process.env
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args], { cwd, env: { PATH } }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    )
  })
}

const filesIn = (folder: string) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()

/** A folder with a game of that name. */
async function made(t: Test, name: string): Promise<string> {
  const folder = t.testdir()
  t.match(await run(folder, 'new', name), {
    code: 0,
    stdout: new RegExp(`npx drumbeat start --games ./${name}/game.ts`),
  })
  return path.join(folder, name)
}

t.test('a game, its test, a page and a README are made, under the name', async (t) => {
  const folder = await made(t, 'my-pong')
  t.strictSame(filesIn(folder), [
    'README.md',
    'game.test.ts',
    'game.ts',
    'page',
    'page/index.html',
    'page/page.css',
    'page/page.js',
    'tsconfig.json',
  ])
  for (const name of filesIn(folder).filter((file) => path.extname(file) !== ''))
    t.notMatch(readFileSync(path.join(folder, name), 'utf8'), 'starter', name)
  const games = await loadGames([folder])
  t.strictSame([...games.keys()], ['my-pong'])
})

t.test('its settings for TypeScript are those of docs/start/first-client.md', async (t) => {
  const [code = ''] = blocksOf(readPage('docs/start/first-client.md')).flatMap(({ language, code }) =>
    language === 'json' ? [code] : [],
  )
  t.strictSame(JSON.parse(readFileSync(path.join(await made(t, 'pong'), 'tsconfig.json'), 'utf8')), JSON.parse(code))
})

t.test('Node takes the files as modules, wherever they are, and does not warn', async (t) => {
  const below = async (manifest: string) => {
    const folder = t.testdir({ 'package.json': manifest })
    t.match(await run(folder, 'new', 'pong'), { code: 0 })
    return path.join(folder, 'pong')
  }
  for (const manifest of ['{ "name": "a" }', '{ "type": "commonjs" }', '{']) {
    const folder = await below(manifest)
    t.strictSame(JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')), {
      name: 'pong',
      private: true,
      type: 'module',
    })
    const { code, stdout, stderr } = await run(folder, 'test')
    t.equal(code, 0)
    t.notMatch(stdout + stderr, /warning/i, manifest)
  }
  const ofModules = await below('{ "type": "module" }')
  t.notOk(filesIn(ofModules).includes('package.json'), 'the one above says it')
  const untyped = await below('{ "name": "a" }')
  rmSync(path.join(untyped, 'package.json'))
  const { code, stdout, stderr } = await run(untyped, 'test')
  t.equal(code, 0)
  t.notMatch(stdout + stderr, /warning/i, 'a test without one')
})

t.test('its tests pass, and fail with the game', async (t) => {
  const folder = await made(t, 'pong')
  t.match(await run(folder, 'test'), { code: 0, stdout: /pass 4\n.*fail 0/ })
  const file = path.join(folder, 'game.ts')
  writeFileSync(file, readFileSync(file, 'utf8').replace('player.coins++', 'player.coins -= 1'))
  const { code, stdout } = await run(path.dirname(folder), 'test', 'pong')
  t.equal(code, 1)
  t.match(stdout, /players\..*\.coins: must be a whole number from 0 to 255, but is -1/)
})

/** What becomes of its tests if its rules are changed, without most of the random players. */
async function changed(t: Test): Promise<(from: string, to: string) => Promise<Ended>> {
  const folder = await made(t, 'pong')
  const [game, test] = ['game.ts', 'game.test.ts'].map((name) => path.join(folder, name)) as [string, string]
  const source = readFileSync(game, 'utf8')
  writeFileSync(test, readFileSync(test, 'utf8').replace('seeds: 10', 'seeds: 1'))
  return (from, to) => {
    t.ok(source.includes(from), from)
    writeFileSync(game, source.replace(from, to))
    return run(folder, 'test')
  }
}

t.test('its tests pass with what its README says to try, and more of it', async (t) => {
  const testWith = await changed(t)
  for (const [from, to] of [
    ['player.coins++', 'player.coins += 2'],
    ['COINS_TO_WIN = 10', 'COINS_TO_WIN = 3'],
    ['COINS_TO_WIN = 10', 'COINS_TO_WIN = 1'],
    ['SPEED = 30', 'SPEED = 10'],
    ['SPEED = 30', 'SPEED = 90'],
    ['SPEED = 30', 'SPEED = 120'],
    ['SPEED = 30', 'SPEED = 400'],
  ] as const) {
    const { code, stdout } = await testWith(from, to)
    t.equal(code, 0, `${to}: ${stdout}`)
  }
})

t.test('they fail with the last that it says to try, and say why', async (t) => {
  const folder = await made(t, 'pong')
  const file = path.join(folder, 'game.ts')
  const change = (from: string, to: string) => {
    const source = readFileSync(file, 'utf8')
    t.ok(source.includes(from), from)
    writeFileSync(file, source.replace(from, to))
  }
  change('player.coins++', 'player.coins += 30')
  change('COINS_TO_WIN = 10', 'COINS_TO_WIN = 300')
  t.match(await run(folder, 'test'), {
    code: 1,
    stdout: /players\..*\.coins: must be a whole number from 0 to 255, but is 270/,
  })
  change('coins: t.uint8()', 'coins: t.uint16()')
  t.match(await run(folder, 'test'), { code: 0 })
})

t.test('its tests say what was refused, and that a code is not declared', async (t) => {
  const testWith = await changed(t)
  const [dash, run] = ['dash(state, seat) {', 'run(state, seat, { dx, dy }) {']
  const refused = await testWith(dash, `${dash} refuse('STANDING_STILL')`)
  t.match(refused, { code: 1, stdout: /dash was refused: Run, to dash/ })
  t.match(refused.stdout, /fail 1\n/)
  const ofAll = await testWith(run, `${run} refuse('STANDING_STILL')`)
  t.match(ofAll, { code: 1, stdout: /run was refused: Run, to dash/ })
  t.match(ofAll.stdout, /of the bot was refused: .*"code":"STANDING_STILL"/)
  t.match(await testWith(dash, `${dash} refuse('TIRED')`), {
    code: 1,
    stdout: /refuse\("TIRED"\): it is not in refusals/,
  })
})

t.test('what is there is not touched, and a bad name makes nothing', async (t) => {
  const folder = t.testdir({ full: { 'a.txt': 'mine' }, file: 'mine' })
  mkdirSync(path.join(folder, 'empty'))
  for (const name of ['full', 'file'])
    t.match(await run(folder, 'new', name), {
      code: 1,
      stderr: /exists and is not an empty folder: nothing was changed/,
    })
  for (const names of [[], ['a', 'b'], ['Pong'], ['../pong'], ['pong/game'], ['7up'], [''], ['x'.repeat(33)], ['päng']])
    t.match(await run(folder, 'new', ...names), { code: 64, stderr: /^drumbeat: / }, names.join())
  t.match(await run(folder, 'new', 'pong', '--force'), { code: 64 })
  t.strictSame(filesIn(folder), ['empty', 'file', 'full', 'full/a.txt'])
  t.match(await run(folder, 'new', 'empty'), { code: 0 })
  t.match(await run(folder, 'test', 'full'), { code: 64, stderr: /no file in it ends in \.test\.ts/ })
  t.match(await run(folder, 'test', 'nowhere'), { code: 64, stderr: /nowhere: there is no such file or folder/ })
})
