/** Rooms with games on two real nodes over a real etcd; the orders and times of it all are tried in test/house/games-cluster.test.ts. */
import t from 'tap'
import { io } from 'socket.io-client'
import { connect } from '../../../src/client/index.ts'
import type tictactoe from '../../../src/samples/tictactoe.ts'
import { clusterEnv } from '../../helpers/cluster.ts'
import { skipWithout, startEtcd } from '../../helpers/etcd.ts'
import { onFreePorts } from '../../helpers/ports.ts'
import { startServer } from '../../helpers/server.ts'
import { until } from '../../helpers/until.ts'

t.test(
  'players of two nodes meet in one room, and play on over the death of its node',
  skipWithout('3.5'),
  async (t) => {
    const { endpoints } = await startEtcd(t)
    const start = (name: string) =>
      onFreePorts(1, ([port]) =>
        startServer(t, {
          ...clusterEnv(endpoints),
          NODE_ID: name,
          HTTP_PORT: String(port),
          PUBLIC_URL: `http://127.0.0.1:${port}`,
          WORKERS: '1',
          GAMES: '',
          GAME_HOSTS: '1',
        }),
      )
    const [one, two] = [await start('n1'), await start('n2')]
    const open = async (url: string, user: string) => {
      const client = await connect({ url, namespace: 'private', token: () => one.mint(user) })
      t.teardown(() => client.close())
      return client
    }
    const [alice, bob] = [await open(one.url, 'alice'), await open(two.url, 'bob')]
    const board = await alice.play<typeof tictactoe>('tictactoe')
    const statuses: string[] = []
    bob.on('status', ({ status }) => statuses.push(status))
    const hasRoom = async () => {
      const { rooms } = await bob.request('core.game.room.list', { game: 'tictactoe' })
      return rooms.length > 0
    }
    t.ok(await until(hasRoom), 'the other node lists the room')
    const other = await bob.play<typeof tictactoe>('tictactoe')
    t.equal(other.id, board.id)
    t.equal(bob.session?.node, 'n1')
    t.strictSame(statuses, ['ready'], 'it was never without a connection')
    t.ok(await until(() => board.state.phase === 'playing'))

    await t.test('other clients get the address', async (t) => {
      const details = { url: one.url, node: 'n1' }
      const answer = await fetch(`${two.url}/api/v1/rooms/${board.id}/play`, {
        headers: { authorization: `Bearer ${two.adminToken}` },
      })
      t.equal(answer.status, 409)
      t.match(await answer.json(), { error: { code: 'MOVED', details } })
      t.match(await two.admin('GET', '/api/v1/rooms'), {
        items: [{ room_id: board.id, game: 'tictactoe', members: 2 }],
      })
      const path = '/core/game/v1/real-time/private'
      const socket = io(two.url, { path, auth: { token: two.mint('carol') }, transports: ['websocket'] })
      t.teardown(() => void socket.disconnect())
      const joined = socket.timeout(10_000).emitWithAck('core.game.room.join', { room_id: board.id })
      t.match(await joined, { success: false, error: { code: 'MOVED', details } })
    })

    await board.send.place({ cell: 4 })
    await one.kill()
    t.ok(await until(() => bob.session?.node === 'n2' && bob.status === 'ready'), 'bob goes back to the address he has')
    await one.restart()
    t.ok(await until(() => alice.status === 'ready' && bob.session?.node === 'n1'), 'both are back')
    await other.send.place({ cell: 0 })
    await board.send.place({ cell: 1 })
    const cells = ['o', 'x', '', '', 'x', '', '', '', '']
    for (const room of [board, other]) t.ok(await until(() => room.state.cells.join() === cells.join()))
  },
)
