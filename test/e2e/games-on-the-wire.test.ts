/** Rooms with games by way of real processes and sockets: a thin slice of what test/session and test/conformance look at. */
import { join } from 'node:path'
import t from 'tap'
import { runsGames } from '../conformance/target.ts'
import { openClient, type TestClient } from '../helpers/client.ts'
import { Mirror } from '../helpers/house/mirror.ts'
import { startServer } from '../helpers/server.ts'
import { IoClient } from '../helpers/socket-io.ts'
import { until } from '../helpers/until.ts'

const FIND = 'core.game.room.find'
const JOIN = 'core.game.room.join'
const LEAVE = 'core.game.room.leave'
const INPUT = 'core.game.room.input'
const PATCH = 'core.game.room.patch'
const SAMPLES = join(import.meta.dirname, '../../src/samples')
const PUMP = join(import.meta.dirname, 'pump-game.ts')
/** More than the kernel takes for a client that does not read. */
const TICKS = 400

const server = await startServer(t, { GAMES: `${SAMPLES},${PUMP}`, GAME_HOSTS: '1', WORKERS: '2' })
const skip = (await runsGames(server)) ? false : 'the server starts no hosts'
const open = (user: string, encoding: 'json' | 'msgpack' = 'json') =>
  openClient(server, { token: server.mint(user), encoding })

for (const encoding of ['json', 'msgpack'] as const) {
  t.test(
    `who reads nothing for a while goes on where the game is, and is not closed: ${encoding}`,
    { skip },
    async (t) => {
      const [slow, quick] = await Promise.all([open(`slow-${encoding}`, encoding), open(`quick-${encoding}`, encoding)])
      const room = String((await slow.request(FIND, { game: 'pump' })).data?.['room_id'])
      slow.ws.pause()
      t.ok((await quick.request(JOIN, { room_id: room })).success)
      const mirrorOf = (client: TestClient) => Mirror.of(client.frames, room)
      await until(() => patchesOf(quick) >= TICKS)
      slow.ws.resume()
      const behind = mirrorOf(quick).tick
      await until(() => mirrorOf(slow).tick > behind)
      const [late, prompt] = [mirrorOf(slow), mirrorOf(quick)]
      t.ok(late.patches < prompt.patches, `${late.patches} patches instead of ${prompt.patches}`)
      for (const mirror of [late, prompt]) {
        t.equal(mirror.misfits, 0)
        const { tick, pad } = mirror.state as { readonly tick: number; readonly pad: string }
        t.equal(tick, mirror.tick)
        t.equal(pad, String(tick % 10).repeat(pad.length))
      }
      for (const client of [slow, quick]) {
        t.notOk(client.isClosed)
        await client.request(LEAVE, { room_id: room })
        await client.close()
      }
    },
  )
}

t.test('a Socket.IO client plays with others, and gets patches as events', { skip }, async (t) => {
  const x = new IoClient(server, { user: 'io-x' })
  t.teardown(() => x.socket.disconnect())
  await x.connected()
  const { data } = await x.request(FIND, { game: 'tictactoe' })
  const room = String(data?.['room_id'])
  const o = await open('o')
  t.ok((await o.request(JOIN, { room_id: room })).success)
  t.ok((await x.request(INPUT, { room, name: 'place', input: { cell: 4 }, seq: 1 })).success)
  await until(() => x.events(PATCH).some((patch) => JSON.stringify(patch['changes']).includes('"x"')))
  const patches = x.heard.filter(({ name }) => name === PATCH)
  t.match(patches.at(-1)?.event, { eventType: PATCH, room, acks: { 'io-x': 1 } })
  t.notOk(
    patches.some(({ cursor }) => typeof cursor === 'string'),
    'without a cursor',
  )
  const mirror = new Mirror()
  mirror.take({ eventType: 'core.game.reply', data }, room)
  for (const { event } of patches) mirror.take(event as Parameters<Mirror['take']>[0], room)
  t.equal(mirror.misfits, 0)
  t.strictSame((mirror.state as { cells: unknown }).cells, ['', '', '', '', 'x', '', '', '', ''])
  await o.close()
})

const patchesOf = (client: TestClient) => client.frames.filter(({ eventType }) => eventType === PATCH).length
