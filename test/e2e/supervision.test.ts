/** One real worker; the order and the times of it all are tried in test/house/supervision.test.ts. */
import t from 'tap'
import { openClient } from '../helpers/client.ts'
import { startServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'

t.test('a worker that is killed is replaced, its clients see 1006, and the others do not notice', async (t) => {
  const server = await startServer(t)
  const workers = () => server.logs().filter((line) => line['msg'] === 'worker ready')
  const clients = await Promise.all(Array.from({ length: 10 }, () => openClient(server)))
  t.teardown(() => clients.forEach((client) => client.terminate()))
  process.kill(Number(workers()[0]?.['pid']), 'SIGKILL')
  t.ok(await until(() => workers().length === 3), 'there is another one')
  await until(() => clients.some((client) => client.isClosed))
  const left = clients.filter((client) => !client.isClosed)
  for (const client of clients) if (client.isClosed) t.match(await client.closed, { code: 1006 })
  t.ok(left.length > 0 && left.length < clients.length)
  for (const client of left) t.ok((await client.request('core.game.session.ping', {})).success)
})
