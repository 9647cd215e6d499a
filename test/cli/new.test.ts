/** `drumbeat new`: what it makes works as it is, and what it must not touch it does not. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { execFile } from 'node:child_process'
import t, { type Test } from 'tap'
import { loadGames } from '../../src/host/loader.ts'
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
  ])
  for (const name of filesIn(folder).filter((file) => path.extname(file) !== ''))
    t.notMatch(readFileSync(path.join(folder, name), 'utf8'), 'starter', name)
  const games = await loadGames([folder])
  t.strictSame([...games.keys()], ['my-pong'])
})

t.test('its tests pass, and fail with the game', async (t) => {
  const folder = await made(t, 'pong')
  t.match(await run(folder, 'test'), { code: 0, stdout: /pass 3\n.*fail 0/ })
  const file = path.join(folder, 'game.ts')
  writeFileSync(file, readFileSync(file, 'utf8').replace('player.coins++', 'player.coins -= 1'))
  const { code, stdout } = await run(path.dirname(folder), 'test', 'pong')
  t.equal(code, 1)
  t.match(stdout, /players\..*\.coins: must be a whole number from 0 to 255, but is -1/)
})

t.test('what is there is not touched, and a bad name makes nothing', async (t) => {
  const folder = t.testdir({ full: { 'a.txt': 'mine' }, file: 'mine' })
  mkdirSync(path.join(folder, 'empty'))
  for (const name of ['full', 'file'])
    t.match(await run(folder, 'new', name), {
      code: 1,
      stderr: /is there already, and no empty folder: nothing was changed/,
    })
  for (const names of [[], ['a', 'b'], ['Pong'], ['../pong'], ['pong/game'], ['7up'], [''], ['x'.repeat(33)], ['päng']])
    t.match(await run(folder, 'new', ...names), { code: 64, stderr: /^drumbeat: / }, names.join())
  t.match(await run(folder, 'new', 'pong', '--force'), { code: 64 })
  t.strictSame(filesIn(folder), ['empty', 'file', 'full', 'full/a.txt'])
  t.match(await run(folder, 'new', 'empty'), { code: 0 })
  t.match(await run(folder, 'test', 'full'), { code: 64, stderr: /no file in it ends in \.test\.ts/ })
  t.match(await run(folder, 'test', 'nowhere'), { code: 64, stderr: /nowhere: there is no such file or folder/ })
})
