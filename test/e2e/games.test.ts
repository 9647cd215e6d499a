/** Rooms with games over real processes: a host runs them, one that does not end is replaced, and a mistake ends the start. */
import t from 'tap'
import { openClient } from '../helpers/client.ts'
import { ServerProcess } from '../helpers/server-process.ts'
import { startServer } from '../helpers/server.ts'
import { folderOf } from '../host/helpers/process.ts'

const FIND = 'core.game.room.find'
const INPUT = 'core.game.room.input'
const STATUS = 'core.game.room.status'

const ADDER = `
import { defineGame, t } from 'drumbeat/game'

export default defineGame({
  name: 'adder', version: 1, hz: 20, seats: { max: 2 },
  state: t.object({ sum: t.uint32() }),
  inputs: { add: { type: t.object({ by: t.uint8() }) }, loop: { type: t.object({}) } },
  create: () => ({ sum: 0 }),
  on: {
    add(state, _seat, { by }, room) {
      state.sum += by
      room.reply(state.sum)
    },
    loop() { for (;;); },
  },
})
`

t.test(
  'a game is played, its host is ended for a loop, and what was acknowledged is there in the next one',
  async (t) => {
    const folder = folderOf(t, { 'adder.ts': ADDER })
    const server = await startServer(t, { GAMES: folder, GAME_HOSTS: '1', GAME_BUDGET: '200ms' })
    const alice = await openClient(server, { token: server.mint('alice') })
    t.teardown(() => alice.terminate())
    const found = await alice.request(FIND, { game: 'adder' })
    const room = String(found.data?.['room_id'])
    t.match(room, /^adder:/)
    const add = (by: number) => alice.request(INPUT, { name: 'add', input: { by } }, { room })
    t.match(await add(3), { data: { value: 3 } })
    t.match(await add(4), { data: { value: 7 } })
    const [looping, status] = await Promise.all([
      alice.request(INPUT, { name: 'loop', input: {} }, { room }),
      alice.next(({ eventType, payload }) => eventType === STATUS && payload?.['status'] === 'restarted'),
    ])
    t.equal(looping.success, false)
    t.match(status, { payload: { status: 'restarted' } })
    t.match(await add(1), { data: { value: 8 } })
    const died = server.logs().find(({ msg }) => msg === 'host died; starting another')
    t.match(died, { how: /as on\.loop of the game adder had not ended after \d+ ms/ })
  },
)

t.test('games that are wrong end the start with 78, and each mistake is a line', async (t) => {
  const folder = folderOf(t, { 'bad.ts': 'export default {\n', 'none.ts': 'export const a = 1\n' })
  const data = folderOf(t, {})
  const server = new ServerProcess({ DATA_DIR: data, HTTP_PORT: '0', WORKERS: '1', GAMES: folder, GAME_HOSTS: '1' })
  t.match(await server.ended, { code: 78 })
  const lines = server.stderr.split('\n').filter((line) => line.includes(folder))
  t.match(lines, [/^drumbeat: .*bad\.ts:\d+.*SyntaxError/, /^drumbeat: .*none\.ts: it has no default export/])
})
