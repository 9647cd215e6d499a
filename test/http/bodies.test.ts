/** Bodies, against a real server over real sockets. */
import t from 'tap'
import { metric } from '../bad-input/support.ts'
import { RawConnection, requestHead } from '../helpers/raw.ts'
import { startServer, type TestServer } from '../helpers/server.ts'

const MIB = 1024 * 1024
const CAP_MIB = 32
/** Beside the bodies themselves: what uWS, the kernel's copies and a garbage collector that has not run yet take. */
const SLACK_MIB = 64

/** The head of a POST that announces so many bytes. */
function postHead(length: number, token?: string, path = '/api/v1/broadcast'): string {
  const authorization = token === undefined ? undefined : `Bearer ${token}`
  const headers = { upgrade: undefined, connection: undefined, authorization }
  return requestHead({ method: 'POST', path, headers, lines: [`Content-Length: ${length}`] })
}

function open(owner: { teardown(end: () => void): void }, server: TestServer, count: number): RawConnection[] {
  return Array.from({ length: count }, () => {
    const connection = new RawConnection(server.port)
    owner.teardown(() => connection.end())
    return connection
  })
}

async function workerMib(server: TestServer): Promise<number> {
  return (await metric(server, 'drumbeat_process_resident_memory_bytes', 'worker-1')) / MIB
}

/** How many of them were answered with that code by the time the server has looked at all that was sent. */
async function answered(server: TestServer, connections: readonly RawConnection[], code: string): Promise<number> {
  const count = () => connections.filter(({ received }) => received.includes(`"${code}"`)).length
  for (let before = -1; before !== count();) {
    before = count()
    await new Promise((resolve) => setTimeout(resolve, 300))
    await server.admin('GET', '/api/v1/config')
  }
  return count()
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
      const [connection] = open(t, server, 1)
      connection?.write(sent)
      const answer = await connection?.response()
      t.match(answer, { status, headers: { connection: 'close' }, body: code })
      t.ok(((await connection?.closed) ?? Infinity) < 3000)
    }
  }
  const [connection] = open(t, server, 1)
  connection?.write(postHead(0))
  const answer = await connection?.response()
  t.equal(answer?.status, 401)
  t.notOk(answer?.headers['connection'], 'without a body it stays open')
})

t.test('a flood of half-sent bodies without the token is not kept', async (t) => {
  const server = await startServer(t, { WORKERS: '1' })
  const before = await workerMib(server)
  const half = postHead(MIB) + 'x'.repeat(MIB - 1)
  const connections = open(t, server, 200)
  for (const connection of connections) connection.write(half)
  await Promise.allSettled(connections.map(({ closed }) => closed)) // some with the error that their writing met
  const grown = (await workerMib(server)) - before
  t.ok(grown < SLACK_MIB, `200 MiB came, and ${Math.round(grown)} MiB were taken`)
})

t.test('all bodies under way have a limit together, and what they took is given back', async (t) => {
  const server = await startServer(t, { WORKERS: '1' })
  const before = await workerMib(server)
  const half = postHead(MIB, server.adminToken) + 'x'.repeat(MIB - 1)
  const connections = open(t, server, 200)
  for (const connection of connections) connection.write(half)
  const refused = await answered(server, connections, 'OVERLOADED')
  t.ok(refused >= 200 - CAP_MIB, `${refused} of 200 were refused`)
  t.ok(refused < 200, 'and some were not')
  const grown = (await workerMib(server)) - before
  t.ok(grown < CAP_MIB + SLACK_MIB, `200 MiB came, and ${Math.round(grown)} MiB were taken`)
  const answer = await connections.find(({ received }) => received.length > 0)?.response()
  t.match(answer, { status: 503, headers: { 'retry-after': '1' }, body: '"retry_after_ms":1000' })

  for (const connection of connections) connection.end()
  const body = JSON.stringify({ namespace: 'guest', message: 'x'.repeat(1000) })
  t.match(await server.admin('POST', '/api/v1/broadcast', JSON.parse(body)), { offset: Number }, 'the places are free')
  const again = open(t, server, CAP_MIB)
  for (const connection of again) connection.write(half)
  t.equal(await answered(server, again, 'OVERLOADED'), 0, 'all of them')
})

t.test('a body in many small chunks arrives whole, and one that announces too much is not read', async (t) => {
  const server = await startServer(t, { WORKERS: '1' })
  const body = JSON.stringify({ namespace: 'guest', message: Array.from({ length: 2000 }, (_, i) => i) })
  const [slow, large] = open(t, server, 2)
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
