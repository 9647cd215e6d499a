/** Peers that stop talking or listening: real sockets, and as long as the timeouts of real servers are. Each is told why it is closed. */
import { once } from 'node:events'
import t from 'tap'
import { openClient } from '../helpers/client.ts'
import { promisedMs } from '../helpers/promised.ts'
import { webSocketFrame } from '../helpers/raw.ts'
import { startServer } from '../helpers/server.ts'
import { slowReader } from './slow-reader.ts'
import { metric, stayedUp, until } from './support.ts'

t.jobs = 8
const CLOSES = 'drumbeat_socket_closes_total'
const READ_TIMEOUT_MS = 8_000
const IDLE_MS_MAX = READ_TIMEOUT_MS + 1_500

const [server, patient] = await Promise.all([
  startServer(t, {
    SOCKET_READ_TIMEOUT: `${READ_TIMEOUT_MS}ms`,
    SOCKET_WRITE_TIMEOUT: '7s',
    BACKPRESSURE_BYTES: '16MiB',
  }),
  startServer(t, { SOCKET_READ_TIMEOUT: '600s', SOCKET_WRITE_TIMEOUT: '2s', BACKPRESSURE_BYTES: '256MiB' }),
])

t.test('fragments that stop are dropped', async (t) => {
  const stopped = await openClient(server, { ws: { autoPong: false } })
  stopped.tcp.write(webSocketFrame({ opcode: 1, fin: false, payload: '{' }))
  const startedMs = performance.now()
  t.match(await stopped.closed, { code: 4003 })
  promisedMs(t, performance.now() - startedMs, IDLE_MS_MAX)
})

t.test('a peer that was stopped is told why it was closed when it reads again', async (t) => {
  const stopped = await openClient(server, { ws: { autoPong: false } })
  stopped.tcp.pause()
  const before = await metric(server, CLOSES, '4003')
  await until(async () => (await metric(server, CLOSES, '4003')) > before)
  stopped.tcp.resume()
  t.match(await stopped.closed, { code: 4003 })
})

t.test('and so is one for which something waits', async (t) => {
  const stopped = await openClient(server, { token: server.mint('stopped') })
  stopped.tcp.pause()
  const text = 'x'.repeat(250_000)
  // The kernel takes megabytes first.
  while ((await metric(server, 'drumbeat_slow_readers')) === 0) {
    await server.admin('POST', '/api/v1/messages', { target_user_id: 'stopped', text })
  }
  await until(async () => {
    const { items } = (await server.admin('GET', '/api/v1/connections')) as { items: { user_id: string }[] }
    return !items.some(({ user_id }) => user_id === 'stopped')
  })
  stopped.tcp.resume()
  const { code } = await stopped.closed
  // It takes nothing, and says nothing: the one or the other is noticed first.
  t.ok(code === 4001 || code === 4003, `it sees ${code}`)
})

t.test('a peer that vanishes is offline within the idle timeout, and one that answers pings is not', async (t) => {
  const watcher = await openClient(server, { token: server.mint('watcher') })
  const users = async () => {
    const { data = {} } = await watcher.request('core.game.presence.list', {})
    return (data['users'] as { user_id: string }[]).map(({ user_id }) => user_id)
  }
  const idle = await openClient(server, { token: server.mint('idle') })
  const vanished = await openClient(server, { token: server.mint('vanished'), ws: { autoPong: false } })
  const startedMs = performance.now()
  t.ok((await users()).includes('vanished'))
  await until(async () => !(await users()).includes('vanished'))
  promisedMs(t, performance.now() - startedMs, IDLE_MS_MAX, 'offline')
  t.match(await vanished.closed, { code: 4003 })
  // The next one is sent to those only who answered this one.
  for (let i = 0; i < 2; i++) await once(idle.ws, 'ping')
  t.ok((await users()).includes('idle'), 'it says nothing, and answers pings')
  await Promise.all([idle.close(), watcher.close()])
})

t.test('a peer for which little waits is closed with 4001 once it has waited for too long', async (t) => {
  await slowReader(t, patient)
})

t.test('after all of that the servers are as they were', { buffered: false }, async (t) => {
  await stayedUp(t, server)
  await stayedUp(t, patient)
})
