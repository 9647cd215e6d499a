/** What a client may do to a server that speaks Socket.IO, and must not achieve. */
import { once } from 'node:events'
import t from 'tap'
import WebSocket from 'ws'
import { RawConnection, requestHead, WEBSOCKET_KEY } from '../../helpers/raw.ts'
import { startServer, type TestServer } from '../../helpers/server.ts'
import { openIo } from '../../helpers/socket-io.ts'
import { until } from '../../helpers/until.ts'

const PATH = '/core/game/v1/real-time/public/'
const http = (server: TestServer, query: string) => `${server.url}${PATH}?${query}`
const ws = (server: TestServer, query: string) => new WebSocket(http(server, query).replace('http', 'ws'))
const died = (server: TestServer) =>
  server.logs().filter((line) => line['msg'] === 'worker died; starting another').length
const UPGRADE = { upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-key': WEBSOCKET_KEY }
const POLLING = 'EIO=4&transport=polling'

async function openSession(server: TestServer): Promise<string> {
  const text = await (await fetch(http(server, POLLING))).text()
  return (JSON.parse(text.slice(1)) as { sid: string }).sid
}

const post = (server: TestServer, sid: string, body: string) =>
  fetch(http(server, `${POLLING}&sid=${sid}`), { method: 'POST', body })

async function statusOf(server: TestServer, path: string, headers: Readonly<Record<string, string>> = {}) {
  const connection = new RawConnection(server.port)
  connection.write(requestHead({ path, headers }))
  try {
    return (await connection.response())?.status
  } finally {
    connection.end()
  }
}

t.test('requests that engine.io would not survive, or not answer, are refused before it', async (t) => {
  const server = await startServer(t, { WORKERS: '1' })
  const sid = await openSession(server)
  for (const query of [POLLING, `${POLLING}&sid=${sid}`, 'EIO=4', 'EIO=4&transport=webtransport', `sid=${sid}`]) {
    t.equal(await statusOf(server, `${PATH}?${query}`, UPGRADE), 400, `an upgrade with ${query}`)
  }
  const plain = { upgrade: '', connection: 'close', 'sec-websocket-key': '' }
  const raw = ws(server, 'EIO=4&transport=websocket')
  const [data] = (await once(raw, 'message')) as [Buffer]
  const { sid: other } = JSON.parse(data.toString().slice(1)) as { sid: string }
  for (const query of [
    'EIO=4&transport=websocket',
    `EIO=4&transport=websocket&sid=${other}`,
    `${POLLING}&sid=`,
    `${POLLING}&sid=${sid}&sid=`,
    `${POLLING}&transport=websocket`,
    `${POLLING}&sid=999999.AAAA`,
  ]) {
    t.equal(await statusOf(server, `${PATH}?${query}`, plain), 400, query)
  }
  raw.terminate()
  t.equal(died(server), 0)
  t.equal((await fetch(`${server.url}/health`)).status, 200)
})

t.test('one connection of a client is one connection, whatever it connects and disconnects', async (t) => {
  const server = await startServer(t, { WORKERS: '1', RATE_MESSAGES: '5' })
  const count = async () =>
    ((await server.admin('GET', '/api/v1/connections')) as { items: readonly unknown[] }).items.length
  const greedy = ws(server, 'EIO=4&transport=websocket')
  await once(greedy, 'message')
  for (let i = 0; i < 3; i++) greedy.send('40')
  t.ok(await until(() => greedy.readyState === WebSocket.CLOSED), 'a second CONNECT ends it')
  t.ok(await until(async () => (await count()) === 0), 'and nothing of it is left')

  const fickle = ws(server, 'EIO=4&transport=websocket')
  await once(fickle, 'message')
  fickle.send('40')
  await once(fickle, 'message')
  fickle.send('41')
  t.ok(await until(() => fickle.readyState === WebSocket.CLOSED), 'who disconnects has no connection left')
  t.ok(await until(async () => (await count()) === 0))
})

t.test('who never polls, or floods with what is no event, is closed, and holds nothing', async (t) => {
  const server = await startServer(t, { WORKERS: '1', BACKPRESSURE_BYTES: '64KiB', RATE_MESSAGES: '100000' })
  const flooding = await openSession(server)
  await post(server, flooding, Array.from({ length: 10_000 }, () => '40/a').join('\u001E'))
  t.equal((await post(server, flooding, '3')).status, 400, 'closed')

  const silent = await openSession(server)
  await post(server, silent, '40')
  const polled = async () => (await fetch(http(server, `${POLLING}&sid=${silent}`))).text()
  await until(async () => /session.ready/.test(await polled()))
  const ask = (n: number) => `42${n}["core.game.presence.list",{}]`
  let asked = 0
  const isClosed = async () => {
    const packets = Array.from({ length: 100 }, () => ask(asked++)).join('\u001E')
    return (await post(server, silent, packets)).status === 400
  }
  t.ok(await until(isClosed), 'closed')
  t.equal(died(server), 0)
})

t.test('a replay goes on when its client changes to a WebSocket in the middle of it', async (t) => {
  const server = await startServer(t, { WORKERS: '2' })
  const client = await openIo(t, server, { user: 'alice' })
  const say = (n: number) =>
    server.admin('POST', '/api/v1/broadcast', { namespace: 'private', message: { n, pad: 'x'.repeat(12_000) } })
  const heard = () =>
    client
      .events('core.game.state.broadcast')
      .map(({ payload }) => (payload?.['message'] as { n: number } | undefined)?.n)
  await say(0)
  await until(() => heard().length === 1)
  client.socket.io.reconnection(false)
  client.socket.io.engine.close()
  await until(() => client.disconnects.length === 1)
  for (let n = 1; n <= 60; n++) await say(n)
  client.socket.connect()
  t.ok(await until(() => heard().length === 61), `${heard().length} of 61`)
  await say(61)
  t.ok(await until(() => heard().length === 62), 'and what comes after it')
  t.strictSame(
    heard(),
    Array.from({ length: 62 }, (_, n) => n),
  )
  t.ok(client.socket.recovered)
})

t.test('cut off right behind "resumed", a client still gets what it missed', async (t) => {
  const server = await startServer(t, { WORKERS: '1' })
  const client = await openIo(t, server, { user: 'alice', transports: ['websocket'] })
  const say = (n: number) => server.admin('POST', '/api/v1/broadcast', { namespace: 'private', message: n })
  const heard = () => client.events('core.game.state.broadcast').map(({ payload }) => payload?.['message'])
  await say(0)
  await until(() => heard().length === 1)
  client.socket.io.reconnection(false)
  client.socket.io.engine.close()
  await until(() => client.disconnects.length === 1)
  for (let n = 1; n <= 5; n++) await say(n)
  let isFirst = true
  client.socket.on('core.game.session.resumed', () => {
    // Nothing that comes behind it is heard: as if the network had gone here.
    if (isFirst) client.socket.io.engine.close()
    isFirst = false
  })
  client.socket.connect()
  await until(() => client.disconnects.length === 2)
  const before = heard().length
  // What stood in the same chunk as "resumed" is kept by the library, which would tell it a second time: the network took it, too.
  client.socket.receiveBuffer.length = 0
  client.socket.connect()
  t.ok(await until(() => heard().length >= 6), `${before} before, ${heard().length} after`)
  t.strictSame(heard(), [0, 1, 2, 3, 4, 5])
})
