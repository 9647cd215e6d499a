/** The listener of ADMIN_LISTEN as an HTTP server: what load balancers and their probes send, over raw sockets. */
import t from 'tap'
import { PATIENCE_MS } from '../helpers/patience.ts'
import { RawConnection, requestHead, sendRaw } from '../helpers/raw.ts'
import { startServer } from '../helpers/server.ts'

const PLAIN = { upgrade: undefined, connection: undefined, 'sec-websocket-key': undefined }
const MIB = 1024 * 1024

const server = await startServer(t, { ADMIN_LISTEN: '127.0.0.1:0' })
const port = Number(new URL(String(server.logs().find(({ msg }) => msg === 'listening')?.['adminUrl'])).port)
const authorization = `Bearer ${server.adminToken}`

function open(owner: { teardown(end: () => void): void }): RawConnection {
  const connection = new RawConnection(port)
  owner.teardown(() => connection.end())
  return connection
}

function credit(user: string, key: string): string {
  const body = JSON.stringify({ currency: 'gold', amount: 1, idempotency_key: `admin-listener-${key}` })
  const headers = { ...PLAIN, authorization, 'content-length': String(body.length) }
  return requestHead({ method: 'POST', path: `/api/v1/players/${user}/credit`, headers }) + body
}

const statuses = ({ received }: RawConnection) =>
  [...received.toString('latin1').matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))

t.test('HTTP/1.0 is answered and closed, without a Host, too', async (t) => {
  for (const head of ['GET /ready HTTP/1.0\r\n\r\n', 'GET /ready HTTP/1.0\r\nHost: localhost\r\n\r\n']) {
    const connection = open(t)
    connection.write(head)
    await connection.closed
    t.match(connection.received.toString(), /^HTTP\/1.1 200 OK\r\n[^]*^connection: close\r$[^]*"ready":true/im)
  }
})

t.test('HTTP/1.0 that asks to be kept is kept', async (t) => {
  const connection = open(t)
  const head = 'GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n'
  connection.write(head)
  t.match(await connection.response(), { status: 200, headers: { connection: 'keep-alive' } })
  connection.write(head)
  await connection.until(() => statuses(connection).length === 2, PATIENCE_MS)
})

t.test('HTTP/1.1 without a Host is 400 at once, other headers or none', async (t) => {
  for (const head of ['GET /health HTTP/1.1\r\n\r\n', 'GET /health HTTP/1.1\r\nAccept: x\r\n\r\n']) {
    t.match(await sendRaw({ port }, head), { status: 400, headers: { connection: 'close' } })
  }
})

t.test('ten credits in one packet are answered in order, and done', async (t) => {
  const connection = open(t)
  connection.write(Array.from({ length: 10 }, (_, i) => credit('ten', `of-ten-${i}`)).join(''))
  await connection.until(() => statuses(connection).length === 10, PATIENCE_MS)
  t.same(new Set(statuses(connection)), new Set([200]))
  t.match(await server.admin('GET', '/api/v1/goods'), {})
  const answers = [...connection.received.toString().matchAll(/"gold":(\d+)/g)].map(([, gold]) => Number(gold))
  t.same(answers, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
})

t.test('a connection may be idle for as long as ADMIN_IDLE_TIMEOUT says', async (t) => {
  const connection = open(t)
  connection.write(requestHead({ path: '/health', headers: PLAIN }))
  t.match(await connection.response(), { headers: { connection: 'keep-alive', 'keep-alive': 'timeout=75' } })
})

t.test('a body that is too large, that nobody wants, or that does not come to its end', async (t) => {
  const post = (path: string, length: number, token?: string) =>
    requestHead({
      method: 'POST',
      path,
      headers: { ...PLAIN, authorization: token },
      lines: [`Content-Length: ${length}`],
    })
  const path = '/api/v1/broadcast'
  t.match(await sendRaw({ port }, post(path, 2 * MIB, authorization)), { status: 413, body: 'PAYLOAD_TOO_LARGE' })
  const refused = open(t)
  refused.write(post(path, MIB))
  t.match(await refused.response(), { status: 401, headers: { connection: 'close' } })
  await refused.closed
  const cut = open(t)
  cut.write(`${post(path, 100, authorization)}{"namespace":"guest"`)
  cut.reset()
  const chunked = open(t)
  const lines = ['Transfer-Encoding: chunked']
  chunked.write(requestHead({ method: 'POST', path, headers: { ...PLAIN, authorization }, lines }))
  const half = 'x'.repeat(MIB / 2)
  for (let i = 0; i < 3; i++) chunked.write(`${half.length.toString(16)}\r\n${half}\r\n`)
  t.match(await chunked.response(), { status: 413 })
  t.match(await sendRaw({ port }, requestHead({ path: '/health', headers: PLAIN })), { status: 200 }, 'it goes on')
})

t.test('HEAD has the head only', async (t) => {
  const connection = open(t)
  connection.write(requestHead({ method: 'HEAD', path: '/health', headers: { ...PLAIN, connection: 'close' } }))
  await connection.closed
  t.match(connection.received.toString(), /^HTTP\/1.1 200 OK\r\n[^]*^content-length: 15\r$[^]*\r\n\r\n$/im)
})
