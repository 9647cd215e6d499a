/** Many Socket.IO clients at once, and one that does not read. */
import t from 'tap'
import { openClient } from '../../helpers/client.ts'
import { startServer } from '../../helpers/server.ts'
import { strayLines } from '../../helpers/server-process.ts'
import { openIo, type IoClient, type IoOptions } from '../../helpers/socket-io.ts'
import { until } from '../../helpers/until.ts'

const BROADCAST = 'core.game.state.broadcast'
const CLIENTS = 500
const EVENTS = 40
const TRANSPORTS: readonly IoOptions[] = [{}, {}, {}, { transports: ['websocket'] }, { transports: ['polling'] }]

t.test(`${CLIENTS} clients on three workers, most with the defaults: each gets everything once`, async (t) => {
  const server = await startServer(t, { WORKERS: '3', RATE_MESSAGES: '10000' })
  const clients: IoClient[] = []
  // They come fifty at a time, as one process makes them all.
  for (let i = 0; i < CLIENTS; i += 50) {
    const some = Array.from({ length: 50 }, (_, k) =>
      openIo(t, server, { user: `user-${(i + k) % 100}`, ...TRANSPORTS[k % TRANSPORTS.length] }),
    )
    clients.push(...(await Promise.all(some)))
  }
  await until(() => clients.every(({ transport }, i) => i % 5 > 2 || transport === 'websocket'))
  const upgraded = clients.filter(({ transport }) => transport === 'websocket').length
  t.equal(upgraded, (CLIENTS * 4) / 5, 'all that would, have WebSockets now')
  const plain = await openClient(server, { token: server.mint('plain') })
  for (let n = 0; n < EVENTS; n++) t.ok((await plain.request(BROADCAST, { message: n })).success)
  const { data } = await plain.request('core.game.state.send_message', { target_user_id: 'user-7', text: 'hi' })
  t.equal(data?.['delivered'], CLIENTS / 100)
  await until(() => clients.every((client) => client.events(BROADCAST).length >= EVENTS))
  const order = plain.events.filter(({ eventType }) => eventType === BROADCAST).map((event) => event['offset'])
  const wrong = clients.filter((client) => client.events(BROADCAST).some((event, i) => event['offset'] !== order[i]))
  t.equal(wrong.length, 0, 'the same order for all')
  t.ok(clients.every((client) => client.events(BROADCAST).length === EVENTS))
  t.equal(clients.filter((client) => client.events('core.game.state.send_message').length === 1).length, CLIENTS / 100)
  t.strictSame([...new Set(clients.flatMap(({ disconnects }) => disconnects))], [], 'nobody was cut off')
  await until(async () => {
    for (const { socket } of clients) socket.disconnect()
    const { items } = (await server.admin('GET', '/api/v1/connections')) as { items: readonly unknown[] }
    return items.length === 1
  })
  t.match(await server.admin('GET', '/api/v1/connections'), { items: { length: 1 } }, 'all are gone for the server')
})

t.test('clients with the defaults on two workers: nothing is written but log lines', async (t) => {
  const server = await startServer(t, { WORKERS: '2' })
  const clients = await Promise.all(Array.from({ length: 20 }, () => openIo(t, server)))
  await until(() => clients.every(({ transport }) => transport === 'websocket'))
  t.ok(
    clients.every(({ transport }) => transport === 'websocket'),
    'polling first, then an upgrade, on either worker',
  )
  await Promise.all(clients.map((client) => client.request('core.game.session.ping', {})))
  t.strictSame(strayLines(server.output()), [])
})

t.test('one that does not read is closed, is recovered, and costs nobody else anything', async (t) => {
  const server = await startServer(t, { WORKERS: '1', BACKPRESSURE_BYTES: '256KiB', RATE_BYTES: '1GiB' })
  const sender = await openClient(server, { token: server.mint('sender') })
  const quick = await openIo(t, server, { user: 'quick', transports: ['websocket'] })
  const slow = await openIo(t, server, { user: 'slow', transports: ['websocket'] })
  const { ws } = slow.socket.io.engine.transport as unknown as { ws: { pause(): void; resume(): void } }
  ws.pause()
  const pad = 'x'.repeat(12_000)
  for (let n = 0; n < 1_000; n++) await sender.request(BROADCAST, { message: n, pad })
  await until(() => quick.events(BROADCAST).length === 1_000)
  t.equal(quick.events(BROADCAST).length, 1_000)
  ws.resume()
  await until(() => slow.events(BROADCAST).length >= 1_000)
  t.equal(slow.events(BROADCAST).length, 1_000, 'all of it in the end')
  t.strictSame(
    slow.events(BROADCAST).map(({ payload }) => payload?.['message']),
    Array.from({ length: 1_000 }, (_, n) => n),
  )
  t.ok(slow.disconnects.length > 0, 'after it was closed')
  t.ok(slow.socket.recovered)
})
