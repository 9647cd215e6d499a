/** Bodies, against a real server over real sockets. What they cost in memory is a proof: `npm run prove -- bodies`. */
import t from 'tap'
import { metric } from '../bad-input/support.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'
import { areHeld, CAP_MIB, halfSent, MIB, openRaw, postHead } from './body-flood.ts'

/** So many more than there are places for. */
const TOO_MANY = 16

/** How many bodies were refused, and what those take that are under way. */
async function bodies(server: TestServer): Promise<{ readonly refused: number; readonly mib: number }> {
  const refused = await metric(server, 'drumbeat_http_requests_total', 'status="503"')
  return { refused, mib: (await metric(server, 'drumbeat_http_body_bytes', 'rest')) / MIB }
}

t.test('who may not is told so before the body came, and the connection is closed', async (t) => {
  const server = await startServer(t, { WORKERS: '1' })
  const cases = [
    [postHead(MIB), 401, 'AUTH_REQUIRED'],
    [postHead(MIB, 'not-the-admin-token'), 401, 'TOKEN_INVALID'],
    [postHead(MIB, server.adminToken, '/nothing'), 404, 'NOT_FOUND'],
    [postHead(MIB, undefined, '/health'), 405, 'METHOD_NOT_ALLOWED'],
    [postHead(MIB, undefined, '/core/game/v1/real-time/public'), 405, 'METHOD_NOT_ALLOWED'],
  ] as const
  for (const [head, status, code] of cases) {
    for (const sent of [head, head + 'x'.repeat(1000)]) {
      const [idle, connection] = openRaw(t, server, 2)
      connection?.write(sent)
      const answer = await connection?.response()
      t.match(answer, { status, headers: { connection: 'close' }, body: code })
      // uWS gives up the idle one, too, some seconds later.
      const first = await Promise.race([connection?.closed.then(() => 'refused'), idle?.closed.then(() => 'idle')])
      t.equal(first, 'refused', 'it is closed with the answer')
    }
  }
  const [connection] = openRaw(t, server, 1)
  connection?.write(postHead(0))
  const answer = await connection?.response()
  t.equal(answer?.status, 401)
  t.notOk(answer?.headers['connection'], 'without a body it stays open')
})

t.test('a flood of half-sent bodies without the token is not kept', async (t) => {
  const server = await startServer(t, { WORKERS: '1' })
  const half = halfSent()
  const connections = openRaw(t, server, CAP_MIB + TOO_MANY)
  for (const connection of connections) connection.write(half)
  await Promise.all(connections.map(({ closed }) => closed))
  t.strictSame(await bodies(server), { refused: 0, mib: 0 }, 'none took a place')
  t.equal(await metric(server, 'drumbeat_http_requests_total', 'status="401"'), connections.length)
})

t.test('all bodies under way have a limit together, and what they took is given back', async (t) => {
  const server = await startServer(t, { WORKERS: '1' })
  const half = halfSent(server.adminToken)
  const connections = openRaw(t, server, CAP_MIB + TOO_MANY)
  for (const connection of connections) connection.write(half)
  let now = await bodies(server)
  let mostMib = 0
  const areDone = async () => {
    now = await bodies(server)
    mostMib = Math.max(mostMib, now.mib)
    return areHeld(now.mib, connections.length - now.refused)
  }
  t.ok(await until(areDone), 'each is held whole or refused')
  t.ok(now.refused >= TOO_MANY && now.refused < connections.length, `${now.refused} were refused`)
  t.ok(mostMib <= CAP_MIB, `${mostMib} MiB were held`)
  const refused = connections.filter(({ received }) => received.length > 0)
  const answer = await refused[0]?.response()
  t.match(answer, { status: 503, headers: { 'retry-after': '1' }, body: '"retry_after_ms":1000' })

  for (const connection of connections) connection.end()
  t.ok(await until(async () => (await bodies(server)).mib === 0), 'the places are free')
  const body = { namespace: 'guest', message: 'x'.repeat(1000) }
  t.match(await server.admin('POST', '/api/v1/broadcast', body), { offset: Number })
  for (const connection of openRaw(t, server, CAP_MIB)) connection.write(half)
  t.ok(await until(async () => areHeld((await bodies(server)).mib, CAP_MIB)), 'all of them')
  t.equal((await bodies(server)).refused, now.refused)
})

t.test('a body in many small chunks arrives whole, and one that announces too much is not read', async (t) => {
  const server = await startServer(t, { WORKERS: '1' })
  const body = JSON.stringify({ namespace: 'guest', message: Array.from({ length: 2000 }, (_, i) => i) })
  const [slow, large] = openRaw(t, server, 2)
  slow?.write(postHead(body.length, server.adminToken))
  for (let at = 0; at < body.length; at += 500) {
    slow?.write(body.slice(at, at + 500))
    await new Promise((resolve) => setImmediate(resolve))
  }
  t.match(await slow?.response(), { status: 200, body: /"offset":\d+/ })
  const { items } = (await server.admin('GET', '/api/v1/events')) as { items: { payload: unknown }[] }
  t.strictSame(items.at(-1)?.payload, { message: (JSON.parse(body) as { message: unknown }).message })

  large?.write(postHead(2 * MIB, server.adminToken))
  t.match(await large?.response(), { status: 413, body: 'PAYLOAD_TOO_LARGE' }, 'by its announcement alone')
})
