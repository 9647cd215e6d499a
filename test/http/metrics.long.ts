/** What `/metrics` says of sockets that end badly. */
import t from 'tap'
import { closeLabel } from '../../src/metrics/metrics.ts'
import { metric, until } from '../bad-input/support.ts'
import { openClient } from '../helpers/client.ts'
import { startServer } from '../helpers/server.ts'

t.test('frames that are dropped as nobody reads them are counted', async (t) => {
  const patience = { SOCKET_READ_TIMEOUT: '600s', SOCKET_WRITE_TIMEOUT: '600s' }
  const server = await startServer(t, { ...patience, WORKERS: '1', BACKPRESSURE_BYTES: '16KiB' })
  const reader = await openClient(server)
  t.teardown(() => reader.terminate())
  t.equal(await metric(server, 'drumbeat_drops_total'), 0)
  reader.ws.pause()
  const body = { namespace: 'guest', message: 'x'.repeat(500_000) }
  await until(async () => {
    await Promise.all(Array.from({ length: 10 }, () => server.admin('POST', '/api/v1/broadcast', body)))
    return (await metric(server, 'drumbeat_drops_total')) > 0
  })
  await until(async () => (await metric(server, 'drumbeat_connections', 'guest')) === 0)
  t.equal(await metric(server, 'drumbeat_socket_closes_total'), 1, 'and the connection is closed')
})

t.test('what was counted stays counted when workers die, and what they had is gone', async (t) => {
  const server = await startServer(t)
  const clients = await Promise.all(Array.from({ length: 8 }, () => openClient(server)))
  for (const client of clients) await client.request('core.game.session.ping', {})
  const pings = () => metric(server, 'drumbeat_events_in_total', 'session.ping')
  t.equal(await pings(), 8)
  const workers = () => server.logs().filter(({ msg }) => msg === 'worker ready')
  for (const { pid } of workers()) process.kill(Number(pid), 'SIGKILL')
  await until(() => workers().length === 4)
  t.equal(await pings(), 8)
  await (await openClient(server)).request('core.game.session.ping', {})
  t.equal(await pings(), 9)
  t.equal(await metric(server, 'drumbeat_connections'), 1)
  t.equal(await metric(server, 'drumbeat_worker_restarts_total'), 2)
  const text = await (await fetch(`${server.url}/metrics`)).text()
  t.notMatch(text, /process="worker-[12]"/)
  t.match(text, /process="worker-4"/)
})

t.test('close codes that a client makes up are one time series', async (t) => {
  const server = await startServer(t, { WORKERS: '1' })
  for (const code of [4100, 4998, 4999, 1000]) {
    const client = await openClient(server)
    client.ws.close(code)
    await client.closed
  }
  await until(async () => (await metric(server, 'drumbeat_connections', 'guest')) === 0)
  t.equal(await metric(server, 'drumbeat_socket_closes_total', 'code="other"'), 3)
  t.equal(await metric(server, 'drumbeat_socket_closes_total', 'code="1000"'), 1)
  t.strictSame([1000, 1006, 1011, 4000, 4504].map(closeLabel), ['1000', '1006', '1011', '4000', '4504'])
  t.strictSame(
    [0, 999, 1012, 3000, 4499].map(closeLabel),
    Array.from({ length: 5 }, () => 'other'),
  )
})
