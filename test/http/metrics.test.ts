/** What `/metrics` says of sockets that end badly. */
import t from 'tap'
import { closeLabel } from '../../src/metrics/metrics.ts'
import { metric, until } from '../bad-input/support.ts'
import { openClient } from '../helpers/client.ts'
import { startServer } from '../helpers/server.ts'

t.test('frames that are dropped as nobody reads them are counted', async (t) => {
  const server = await startServer(t, { WORKERS: '1', BACKPRESSURE_BYTES: '16KiB' })
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
