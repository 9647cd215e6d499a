/** `drumbeat start --games FILE --watch`, with real processes and files: see test/house/game-swap.test.ts for what can happen. */
import path from 'node:path'
import t from 'tap'
import { connect } from '../../src/client/index.ts'
import { defineGame, t as type } from '../../src/games/index.ts'
import { saveFile } from '../helpers/save-file.ts'
import { startIn } from '../helpers/started.ts'
import { until } from '../helpers/until.ts'
import { folderOf } from '../host/helpers/process.ts'

const GAME = `
import { defineGame, t } from 'drumbeat/game'
import { factor } from './rules.ts'

export default defineGame({
  name: 'adder', version: 1, hz: 20, seats: { max: 2, guests: true },
  state: t.object({ sum: t.uint32(), ticks: t.uint32() }),
  inputs: { add: { type: t.object({ by: t.uint8() }), perSecond: 1_000 } },
  create: () => ({ sum: 0, ticks: 0 }),
  on: { add: (state, _seat, { by }, room) => room.reply(state.sum += by * factor) },
  tick(state) { state.ticks++ },
})
`

/** Of the same form, for its types. */
const adder = defineGame({
  name: 'adder',
  version: 1,
  hz: 20,
  seats: { max: 2 },
  state: type.object({ sum: type.uint32(), ticks: type.uint32() }),
  inputs: { add: { type: type.object({ by: type.uint8() }) } },
  create: () => ({ sum: 0, ticks: 0 }),
  on: { add: () => {} },
})

t.test('a game that is saved is loaded anew under its players, and what is wrong with it is said', async (t) => {
  const folder = folderOf(t, { 'package.json': '{}', 'adder.ts': GAME, 'rules.ts': 'export const factor = 1\n' })
  const { url, output, logged } = await startIn(t, folder, ['--games', 'adder.ts', '--watch'])
  const said = async (message: RegExp, times = 1) => {
    const isSaid = () => logged(message).length >= times
    t.ok(await until(isSaid, () => `${message}, ${times} times:\n${output()}`), `${message}, ${times} times`)
  }
  await said(/^listening$/)

  const client = await connect({ url, namespace: 'public' })
  t.teardown(() => client.close())
  const room = await client.play<typeof adder>('adder')
  const seen: string[] = []
  room.on('status', ({ status }) => seen.push(status))
  client.on('status', ({ status }) => seen.push(status))
  t.equal(await room.send.add({ by: 3 }), 3)

  // A file that it imports.
  saveFile(path.join(folder, 'rules.ts'), 'export const factor = 10\n')
  await said(/^the games were loaded again$/)
  t.equal(await room.send.add({ by: 1 }), 13)

  saveFile(path.join(folder, 'adder.ts'), GAME.replace('tick(state) {', 'tick(state) {{'))
  await said(/could not be loaded again/)
  t.match(logged(/could not be loaded again/)[0], { msg: /\nadder\.ts:\d+.*SyntaxError/ })

  saveFile(path.join(folder, 'adder.ts'), GAME.replace('state.ticks++', 'state.ticks += nothing.here'))
  await said(/could not be loaded again/, 2)
  t.match(logged(/could not be loaded again/)[1], {
    msg: /\nadder: tick threw ReferenceError: nothing is not defined \(adder\.ts:11:\d+\)$/,
  })

  t.equal(await room.send.add({ by: 1 }), 23, 'the old one goes on')
  saveFile(path.join(folder, 'adder.ts'), GAME.replace('by * factor', 'by + 100'))
  await said(/^the games were loaded again$/, 2)
  t.equal(await room.send.add({ by: 1 }), 124)

  // What it keeps beside its state, in a file that it imports, is not that of a replay.
  saveFile(
    path.join(folder, 'rules.ts'),
    'let calls = 0\nexport const factor = 1\nexport const count = () => ++calls\n',
  )
  saveFile(
    path.join(folder, 'adder.ts'),
    GAME.replace('{ factor }', '{ count, factor }').replace('by * factor', 'count()'),
  )
  await said(/^the games were loaded again$/, 3)
  const ofCheck = () => logged(/^a game failed$/).filter(({ callback }) => callback === 'replay')
  const told = await until(async () => {
    await room.send.add({ by: 1 })
    return ofCheck().length > 0
  })
  t.ok(told)
  t.match(ofCheck(), [{ err: { message: /^in a replay of tick \d+ \(on\.add, tick\) state\.sum is / } }])
  t.strictSame(seen, ['restarted', 'restarted', 'restarted'], 'the player has not been away')
  t.notMatch(output(), /Module type of/, 'a folder that does not say "type": "module" is as good as any')
})
