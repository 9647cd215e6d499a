/** The game of the README is played as it stands there. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import type { Game } from '../../src/games/define.ts'
import { input, join as joins, TestRoom } from './helpers/room.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const GAME = /```ts\n(import \{ defineGame[\s\S]*?)```/

t.test('two race, and the first who is there wins', async (t) => {
  const [, source = ''] = GAME.exec(readFileSync(join(ROOT, 'README.md'), 'utf8')) ?? []
  t.ok(source.trim().split('\n').length <= 25, 'your first game is not more than 25 lines')
  const file = join(t.testdir(), 'race.ts')
  writeFileSync(file, source.replace('drumbeat/game', pathToFileURL(join(ROOT, 'src/games/index.ts')).href))
  const { default: race } = (await import(pathToFileURL(file).href)) as { default: Game }
  const room = new TestRoom(race)
  room.step(joins('ann', true), joins('bob', true))
  t.match(room.step(input('ann', 'step', { by: 1 })).outcomes, [{ details: { code: 'NOT_YET' } }])
  for (let tick = 0; tick < 60; tick++) room.step()
  t.match(room.state, { phase: 'run' })
  t.match(room.step(input('ann', 'step', { by: 4 })).outcomes, [{ details: { code: 'TOO_FAR' } }])
  while (!room.run.ending) room.step(input('ann', 'step', { by: 3 }), input('bob', 'step', { by: 2 }))
  t.strictSame(room.run.ending.result, { winner: 'ann' })
})
