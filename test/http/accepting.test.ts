/** Connections count from when they were accepted: those that are too many are answered and closed before anything was read. */
import t, { type Test } from 'tap'
import { Refusal } from '../../src/protocol/errors.ts'
import { watchConnections, type AcceptRules } from '../../src/transport/uws/accepting.ts'
import { HttpConnections } from '../../src/transport/uws/http-connections.ts'
import { Listening } from '../../src/transport/uws/listening.ts'
import { App } from '../../src/transport/uws/uws.ts'
import { RawConnection, requestHead } from '../helpers/raw.ts'
import { until } from '../helpers/until.ts'

const PLAIN = { upgrade: undefined, connection: undefined, 'sec-websocket-key': undefined }

async function listen(t: Test, rules: Partial<AcceptRules>) {
  const connections = new HttpConnections(true)
  const app = App()
  let full = 0
  watchConnections(app, connections, { socketsMax: Infinity, limit: () => undefined, onFull: () => full++, ...rules })
  app.any('/*', (response) => void response.end('ok'))
  const listening = new Listening(app)
  const port = await listening.start('127.0.0.1', 0)
  t.teardown(() => app.close())
  const connect = () => {
    const connection = new RawConnection(port)
    t.teardown(() => connection.end())
    return connection
  }
  return { connections, connect, readFull: () => full }
}

async function ask(connection: RawConnection): Promise<unknown> {
  connection.write(requestHead({ path: '/', headers: PLAIN }))
  return connection.response()
}

t.test('at its limit a worker answers 503 and closes, and takes connections again when others have gone', async (t) => {
  const { connections, connect, readFull } = await listen(t, { socketsMax: 3 })
  const first = [connect(), connect(), connect()]
  for (const connection of first) t.match(await ask(connection), { status: 200 })
  const more = connect()
  t.match(await more.response(), {
    status: 503,
    headers: { connection: 'close', 'retry-after': '5' },
    body: /OVERLOADED/,
  })
  await more.closed
  t.equal(readFull(), 1)
  t.equal(connections.sockets, 3)
  first[0]?.end()
  t.ok(await until(() => connections.sockets === 2))
  t.match(await ask(connect()), { status: 200 })
})

t.test('WebSockets take descriptors, too', async (t) => {
  const { connections, connect } = await listen(t, { socketsMax: 2 })
  connections.webSocketOpened()
  t.match(await ask(connect()), { status: 200 })
  t.match(await connect().response(), { status: 503 })
  connections.webSocketClosed()
  t.match(await ask(connect()), { status: 200 })
})

t.test('an address with too many connections is told so without having said anything', async (t) => {
  const taken: string[] = []
  const limit = (remoteAddress: string) => {
    taken.push(remoteAddress)
    return taken.length > 2 ? new Refusal('RATE_LIMITED', 'too many', { retry_after_ms: 1_500 }) : undefined
  }
  const { connections, connect } = await listen(t, { limit })
  for (let i = 0; i < 2; i++) t.match(await ask(connect()), { status: 200 })
  const more = connect()
  t.match(await more.response(), { status: 429, headers: { 'retry-after': '2' } })
  await more.closed
  t.strictSame(taken, ['127.0.0.1', '127.0.0.1', '127.0.0.1'])
  t.equal(connections.count, 2)
})
