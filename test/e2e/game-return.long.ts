/** A real node that is killed, or stopped, under players with the client library; the orders and times of it all are tried in test/house/games-return.test.ts. */
import t from 'tap'
import { connect } from '../../src/client/index.ts'
import type arena from '../../src/samples/arena.ts'
import type tictactoe from '../../src/samples/tictactoe.ts'
import { startServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'

t.test('players of the samples play on over the death of their node, and over a stop', async (t) => {
  const server = await startServer(t, { WORKERS: '2', GAMES: '', GAME_HOSTS: '2' })
  const open = async (user: string) => {
    const client = await connect({ url: server.url, namespace: 'private', token: () => server.mint(user) })
    t.teardown(() => client.close())
    return client
  }
  const [alice, bob] = [await open('alice'), await open('bob')]
  const [board, other] = [
    await alice.play<typeof tictactoe>('tictactoe'),
    await bob.play<typeof tictactoe>('tictactoe'),
  ]
  const flying = await alice.play<typeof arena>('arena')
  t.equal(board.id, other.id)
  await until(() => board.state.phase === 'playing')
  const left: string[] = []
  const note = ({ status }: { readonly status: string }) => void (/left|over/.test(status) && left.push(status))
  board.on('status', note)
  other.on('status', note)
  flying.on('status', note)
  const moves = [
    [board, 4],
    [other, 0],
    [board, 1],
  ] as const
  for (const [i, [room, cell]] of moves.entries()) {
    await room.send.place({ cell })
    const { tick } = flying
    if (i % 2 === 0) await server.kill()
    await server.restart()
    t.ok(await until(() => alice.status === 'ready' && bob.status === 'ready'), 'both are back')
    t.ok(await until(() => flying.tick > tick + 20), 'the arena goes on')
    t.equal(server.logs().findLast(({ msg }) => msg === 'rooms with games have come back')?.['rooms'], 2)
  }
  const cells = ['o', 'x', '', '', 'x', '', '', '', '']
  for (const room of [board, other])
    t.ok(await until(() => room.state.cells.join() === cells.join()), 'both see all three moves')
  t.equal(flying.seat, 'alice')
  t.strictSame(left, [])
  t.match(await server.admin('GET', '/ready'), { ready: true })
})
