/** A client that sends a frame byte by byte and never its end is closed; one that is only slow, or only listens, is not. */
import t from 'tap'
import { openClient } from '../helpers/client.ts'
import { RawConnection, requestHead, webSocketFrame } from '../helpers/raw.ts'
import { startServer } from '../helpers/server.ts'

const READ_TIMEOUT_MS = 8_000
const BROADCAST = 'core.game.state.broadcast'

t.test('a frame that never ends is ended by a deadline, and so is nobody else', async (t) => {
  const server = await startServer(t, { WORKERS: '1', SOCKET_READ_TIMEOUT: `${READ_TIMEOUT_MS}ms` })
  const listener = await openClient(server, {})
  const talker = await openClient(server, {})
  const endless = new RawConnection(server.port)
  t.teardown(() => endless.end())
  endless.write(requestHead())
  await endless.response()
  // Ten thousand bytes are announced, and one comes a second: uWebSockets.js takes each for a sign of life.
  endless.write(webSocketFrame({ opcode: 1, payload: 'x', length: 10_000n }))
  const drip = setInterval(() => {
    endless.write('x')
    // So the listener is never idle, and uWebSockets.js does not ping it by itself.
    void talker.request(BROADCAST, { message: 'on and on' })
  }, 1_000)
  t.teardown(() => clearInterval(drip))
  await endless.closed
  t.match(endless.received.toString('latin1'), /no whole frame came, and no pong/)
  t.notOk(listener.isClosed)
  t.ok((await listener.request('core.game.session.ping', {})).success)
  t.ok((await talker.request('core.game.session.ping', {})).success)
})
