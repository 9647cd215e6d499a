/** A primary process that is stopped (SIGSTOP): requests end, by whatever way they came, and all goes on when it does. */
import t from 'tap'
import { openClient } from '../helpers/client.ts'
import { startServer } from '../helpers/server.ts'

t.test('while the primary is stopped each request has an answer', async (t) => {
  const server = await startServer(t, { WORKERS: '2' })
  const alice = await openClient(server, { token: server.mint('alice') })
  const bob = await openClient(server, { token: server.mint('bob') })
  t.teardown(() => [alice, bob].forEach((client) => client.terminate()))
  for (const client of [alice, bob]) await client.request('core.game.room.join', { room_id: 'r' })
  const goOn = () => process.kill(server.pid, 'SIGCONT')
  process.kill(server.pid, 'SIGSTOP')
  t.teardown(goOn)
  const codeOf = async (asked: ReturnType<typeof alice.request>) => (await asked).error?.code ?? 'ok'
  const asked = {
    read: codeOf(alice.request('core.game.state.get', { room_id: 'r' })),
    join: codeOf(alice.request('core.game.room.join', { room_id: 's' })),
    change: codeOf(bob.request('core.game.state.broadcast', { message: 1 }, { room: 'r' })),
    local: codeOf(bob.request('core.game.session.ping', {})),
    http: fetch(`${server.url}/api/v1/goods`).then(({ status }) => status),
    health: fetch(`${server.url}/health`).then(({ status }) => status),
  }
  const answers = Object.fromEntries(
    await Promise.all(Object.entries(asked).map(async ([name, answer]) => [name, await answer] as const)),
  )
  t.strictSame(answers, {
    read: 'UNAVAILABLE',
    join: 'UNAVAILABLE',
    change: 'OUTCOME_UNKNOWN',
    local: 'ok',
    http: 503,
    health: 200,
  })
  goOn()
  t.ok((await alice.request('core.game.room.join', { room_id: 's' })).success)
  t.ok((await bob.request('core.game.state.broadcast', { message: 2 }, { room: 'r' })).success)
  t.notOk(alice.isClosed || bob.isClosed, 'no connection was closed')
})
