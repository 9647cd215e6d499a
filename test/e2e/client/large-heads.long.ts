/** Handshakes that are too large, for the server or for a proxy before it. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { connect } from '../../../src/client/index.ts'
import { PATIENCE_MS } from '../../helpers/patience.ts'
import { startServer } from '../../helpers/server.ts'

t.test('a handshake that will never fit ends the client at once, with an error that says why', async (t) => {
  const server = await startServer(t, { WORKERS: '1', HTTP_HEAD_BYTES: '4KiB' })
  const token = server.mint('alice', { padding: 'x'.repeat(4000) })
  const options = { namespace: 'private', token, connectTimeoutMs: PATIENCE_MS }
  await t.rejects(connect({ url: server.url, ...options }), { code: 'BAD_REQUEST', message: /431.*token, cookies/ })

  for (const [status, reason] of [
    [400, /400/],
    [414, /414: its URL/],
    [431, /431: its head/],
  ] as const) {
    const proxy = createServer((_, response) => void response.writeHead(status).end('<html>nginx</html>'))
    proxy.on('upgrade', (_, socket) =>
      socket.end(`HTTP/1.1 ${status} No\r\nConnection: close\r\n\r\n<html>nginx</html>`),
    )
    proxy.listen(0, '127.0.0.1')
    t.teardown(() => proxy.close())
    await once(proxy, 'listening')
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
    await t.rejects(connect({ url, ...options }), { code: 'BAD_REQUEST', message: reason, details: { status } })
  }
})

t.test('a client whose reconnects stop to fit is closed, and says so', async (t) => {
  const server = await startServer(t, { WORKERS: '1', HTTP_HEAD_BYTES: '16KiB', AUTH_TOKEN_BYTES_MAX: '6KiB' })
  const token = server.mint('alice', { padding: 'x'.repeat(3500) })
  const game = await connect({ url: server.url, namespace: 'private', token, reconnect: { baseMs: 50, maxMs: 200 } })
  t.teardown(() => game.close())
  const closed = new Promise<unknown>((resolve) => {
    game.on('status', (change) => change.status === 'closed' && resolve(change.error))
  })
  await server.restart({ HTTP_HEAD_BYTES: '4KiB', AUTH_TOKEN_BYTES_MAX: '2KiB' })
  t.match(await closed, { code: 'BAD_REQUEST', message: /431/ })
})
