/** One real host; the order and the times of it all are tried in test/house/game-recovery.test.ts. */
import t from 'tap'
import { connect } from '../../src/client/index.ts'
import type { RoomId } from '../../src/protocol/ids.ts'
import type tictactoe from '../../src/samples/tictactoe.ts'
import { openLmdbJournal } from '../../src/store/lmdb/lmdb-journal.ts'
import { startServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'

t.test('two players play on over the death of a host; their journal is whole when the primary is killed', async (t) => {
  const server = await startServer(t, { WORKERS: '1', GAMES: '', GAME_HOSTS: '1' })
  const hosts = () => server.logs().filter((line) => line['msg'] === 'host ready')
  const open = async (user: string) => {
    const client = await connect({ url: server.url, namespace: 'private', token: server.mint(user) })
    t.teardown(() => client.close())
    return client
  }
  const [alice, bob] = [await open('alice'), await open('bob')]
  const one = await alice.play<typeof tictactoe>('tictactoe')
  const other = await bob.play<typeof tictactoe>('tictactoe')
  t.equal(one.id, other.id)
  await until(() => one.state.phase === 'playing')
  await one.send.place({ cell: 4 })
  await other.send.place({ cell: 0 })
  let restarts = 0
  for (const room of [one, other]) room.on('status', ({ status }) => void (status === 'restarted' && restarts++))
  process.kill(Number(hosts()[0]?.['pid']), 'SIGKILL')
  t.ok(await until(() => restarts === 2), 'both are told')
  t.equal(hosts().length, 2, 'there is another host')
  await one.send.place({ cell: 1 })
  const cells = ['o', 'x', '', '', 'x', '', '', '', '']
  for (const room of [one, other])
    t.ok(await until(() => room.state.cells.join() === cells.join()), 'both see all three moves')
  t.match(await server.admin('GET', `/api/v1/rooms/${one.id}`), {
    game: 'tictactoe',
    play: { seats: [{ user_id: 'alice' }, { user_id: 'bob' }], state: { cells } },
  })
  t.match(await server.admin('GET', '/ready'), { parts: [{}, {}, {}, {}, { part: 'hosts', ok: true }] })

  await server.kill()
  const journal = await openLmdbJournal({
    dataDir: server.dataDir,
    runId: 'a-look',
    onLost: (reason) => t.fail(reason),
  })
  t.teardown(() => journal.close())
  const read = await journal.read(one.id as RoomId)
  const checkpoint = JSON.parse(Buffer.from(read?.checkpoint?.bytes ?? '{}').toString()) as {
    state?: string
    roomId?: string
  }
  t.equal(checkpoint.roomId, one.id)
  const first = (read?.checkpoint?.tick ?? 0) + 1
  t.strictSame(
    read?.records.map(({ tick }) => tick),
    read?.records.map((_, i) => first + i),
    'no tick is missing behind the checkpoint',
  )
})
