import t from 'tap'
import { openClient } from '../helpers/client.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'

const workers = (server: TestServer) => server.logs().filter((line) => line['msg'] === 'worker ready')

t.test('a worker that is stopped is found and replaced, and the other one does not notice', async (t) => {
  const server = await startServer(t)
  const clients = await Promise.all(Array.from({ length: 10 }, () => openClient(server)))
  t.teardown(() => clients.forEach((client) => client.terminate()))
  process.kill(Number(workers(server)[0]?.['pid']), 'SIGSTOP')
  t.ok(await until(() => workers(server).length === 3), 'there is another one')
  t.match(server.output(), 'worker does not answer')
  t.ok(
    clients.some((client) => !client.isClosed),
    'who was on the other worker is still there',
  )
})

t.test('workers that die again and again are started later each time', async (t) => {
  const server = await startServer(t, { WORKERS: '1' })
  for (let death = 1; death <= 4; death++) {
    t.ok(await until(() => workers(server).length === death))
    process.kill(Number(workers(server).at(-1)?.['pid']), 'SIGKILL')
  }
  t.ok(await until(() => workers(server).length === 5))
  const waits = server.logs().flatMap((line) => (typeof line['waitMs'] === 'number' ? [line['waitMs']] : []))
  t.strictSame(waits, [100, 200, 400, 800])
})
