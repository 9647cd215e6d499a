/** `drumbeat games swap NAME`, with real processes, files and players: see test/house/game-swap-rest.test.ts for what can happen. */
import path from 'node:path'
import t from 'tap'
import { connect } from '../../src/client/index.ts'
import { defineGame, t as type } from '../../src/games/index.ts'
import { COMMAND, startProgram } from '../helpers/started.ts'
import { drumbeat } from '../helpers/command.ts'
import { saveFile } from '../helpers/save-file.ts'
import { folderOf } from '../host/helpers/process.ts'

const ADMIN_TOKEN = 'the-admin-token-of-the-tests'

/** @param by what is added for each 1 */
const game = (name: string, version = 1, by = 1, more = '') => `
import { defineGame, t } from 'drumbeat/game'
import { rule } from '../rules.ts'

export default defineGame({
  name: '${name}', version: ${version}, hz: 20, seats: { max: 1, guests: true },
  state: t.object({ sum: t.uint32(), ticks: t.uint32() }),
  inputs: { add: { type: t.object({ by: t.uint8() }), perSecond: 1_000 } },
  create: () => ({ sum: 0, ticks: 0 }),
  on: { add: (state, _seat, { by }, room) => room.reply(rule(state.sum += by * ${by})) },
  tick(state) { state.ticks++ },
  ${more}
})
`

/** Of the same form, for its types. */
const adder = defineGame({
  name: 'adder',
  version: 1,
  hz: 20,
  seats: { max: 1 },
  state: type.object({ sum: type.uint32(), ticks: type.uint32() }),
  inputs: { add: { type: type.object({ by: type.uint8() }) } },
  create: () => ({ sum: 0, ticks: 0 }),
  on: { add: () => {} },
})

const MIGRATE = 'migrate: { 1: (state) => state },'

t.test('a new version runs under its players, and what is wrong with one is said and costs nothing', async (t) => {
  const RULES = 'export const rule = (sum: number) => sum\n'
  const folder = folderOf(t, {
    'package.json': '{}',
    'games/adder.ts': game('adder'),
    'games/chess.ts': game('chess'),
    'rules.ts': RULES,
  })
  const save = (name: string, text: string) => saveFile(path.join(folder, name), text)
  const saveGame = (text: string) => save('games/adder.ts', text)
  const env = { ADMIN_TOKEN, GAME_HOSTS: '2' }
  const program = [process.execPath, COMMAND, 'start', '--games', 'games']
  const { url, logged, output } = await startProgram(t, folder, program, env)
  const swap = (name = 'adder') => drumbeat(['games', 'swap', name, '--url', url], { ADMIN_TOKEN })

  const players = await Promise.all(
    ['alice', 'bob'].map(async () => {
      const client = await connect({ url, namespace: 'public' })
      t.teardown(() => client.close())
      const room = await client.play<typeof adder>('adder')
      const statuses: string[] = []
      room.on('status', ({ status }) => statuses.push(status))
      client.on('status', ({ status }) => statuses.push(status))
      return { room, statuses, add: (by: number) => room.send.add({ by }) }
    }),
  )
  const addAll = (by: number) => Promise.all(players.map(({ add }) => add(by)))
  t.strictSame(await addAll(3), [3, 3])

  saveGame(game('adder', 2, 10, MIGRATE))
  t.match(await swap(), { code: 0, stdout: 'adder was version 1 and is 2, in 2 rooms\n' }, output())
  t.strictSame(await addAll(1), [13, 13])
  t.match(await swap(), {
    code: 0,
    stdout: 'adder is version 2, as before, in 2 rooms; its files are the same as before\n',
  })

  const refused = async (what: string, says: RegExp, name = 'adder') => {
    const { code, stderr } = await swap(name)
    t.equal(code, 1, what)
    t.match(stderr, says, what)
    t.strictSame(await addAll(0), [13, 13], `${what}: the old version goes on`)
  }
  await refused('a game that is not there', /there is no game "go"/, 'go')
  saveGame(game('adder', 3, 100, `${MIGRATE}{`))
  await refused('a mistake of syntax', /not swapped, and all goes on as before: games\/adder\.ts:\d+.*SyntaxError/)
  saveGame(game('adder', 3, 100, MIGRATE))
  await refused('no migrate', /adder: .*migrate has no step from 2/)
  saveGame(game('adder', 3, 100, 'migrate: { 2: (state) => state.no.such },'))
  await refused('a migrate that throws', /adder: migrate\.2 threw TypeError.*games\/adder\.ts:12.*\(in 2 rooms\)/)
  saveGame(game('subtracter', 3))
  await refused('a file with another game', /there is no game "adder" any more: it was in .*games\/adder\.ts/)
  saveGame(game('adder', 3, 100, 'migrate: { 2: (state) => state },'))
  save('rules.ts', 'export const rule = (sum: number) => 2 * sum\n')
  await refused('a file that another game imports, too', /other games have changed, too \(chess\): a reload takes all/)
  save('rules.ts', RULES)
  t.match(await swap(), { code: 0, stdout: 'adder was version 2 and is 3, in 2 rooms\n' })
  t.strictSame(await addAll(1), [113, 113])
  for (const { statuses } of players) t.strictSame(statuses, ['restarted', 'restarted', 'restarted'])
  t.equal(logged(/^a game was swapped$/).length, 3)
  t.equal(logged(/^a game was not swapped$/).length, 5)
})
