/** Connections that go on after an answer, or do not: what is said of them, and done. */
import { Agent, request, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import axios from 'axios'
import t from 'tap'
import { openClient } from '../helpers/client.ts'
import { RawConnection, requestHead } from '../helpers/raw.ts'
import { startServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'

const PLAIN = { upgrade: undefined, connection: undefined, 'sec-websocket-key': undefined }
const POLLING = '/core/game/v1/real-time/public/?EIO=4&transport=polling'

const server = await startServer(t, { WORKERS: '2' })

interface Answered {
  readonly status: number | undefined
  readonly connection: string | undefined
  readonly isReused: boolean
}

/** Rejects if there is no answer. */
async function ask(agent: Agent, path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answered> {
  const sent = request(server.url + path, { agent, headers })
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve)
    sent.once('error', reject)
    sent.end()
  })
  await text(response)
  return { status: response.statusCode, connection: response.headers.connection, isReused: sent.reusedSocket }
}

const PATHS = {
  '/health': 200,
  '/ready': 200,
  '/api/v1/config': 401,
  '/nothing': 404,
  '/core/game/v1/real-time/public': 426,
  [POLLING]: 200,
  '/core/game/v1/real-time/public/?EIO=3&transport=polling': 200,
}

for (const [path, status] of Object.entries(PATHS)) {
  for (const asked of ['close', 'Close', 'keep-alive, close', 'close, TE']) {
    t.test(`${path} with "Connection: ${asked}" says close, once, and closes`, async (t) => {
      const connection = new RawConnection(server.port)
      t.teardown(() => connection.end())
      connection.write(requestHead({ path, headers: { ...PLAIN, connection: asked } }))
      await connection.closed
      const answer = connection.received.toString('latin1')
      t.match(answer, new RegExp(`^HTTP/1.1 ${status} `))
      t.same(answer.match(/^connection: .*$/gim), [answer.match(/^connection: close$/im)?.[0]])
      t.notMatch(answer, /keep-alive/i)
    })
  }
}

t.test('HEAD with "Connection: close" is told the length of what GET gives, and the connection closes', async (t) => {
  const connection = new RawConnection(server.port)
  t.teardown(() => connection.end())
  connection.write(requestHead({ method: 'HEAD', path: '/health', headers: { ...PLAIN, connection: 'close' } }))
  await connection.closed
  t.match(
    connection.received.toString('latin1'),
    /^HTTP\/1.1 200 OK[^]*connection: close\r\ncontent-length: 15\r\n[^]*\r\n\r\n$/,
  )
})

t.test('an agent that keeps connections uses them again, and is told for how long', async (t) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => agent.destroy())
  const answers = [await ask(agent, '/health'), await ask(agent, '/ready'), await ask(agent, POLLING)]
  t.same(
    answers.map(({ isReused }) => isReused),
    [false, true, true],
  )
  const { headers } = await fetch(`${server.url}/health`)
  t.match(headers.get('keep-alive'), /^timeout=[67]$/, 'less than the 8 s after which uWebSockets.js closes')
})

t.test('an agent that keeps connections and asks for their close has no failures', async (t) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 2 })
  t.teardown(() => agent.destroy())
  for (const path of ['/health', '/api/v1/goods', POLLING]) {
    for (let i = 0; i < 20; i++) {
      t.match(await ask(agent, path, { connection: 'close' }), { status: 200, connection: 'close', isReused: false })
    }
  }
})

t.test(
  'with HTTP_KEEP_ALIVE=false each answer is the last of its connection, and sockets are not concerned',
  async (t) => {
    const closing = await startServer(t, { WORKERS: '1', HTTP_KEEP_ALIVE: 'false' })
    const connection = new RawConnection(closing.port)
    t.teardown(() => connection.end())
    connection.write(requestHead({ path: '/health', headers: PLAIN }))
    await connection.closed
    t.match(connection.received.toString('latin1'), /^HTTP\/1.1 200 OK\r\n[^]*^connection: close\r$/im)
    const client = await openClient(closing)
    t.equal((await client.request('core.game.session.ping', {})).success, true)
    await client.close()
  },
)

t.test('while all workers are replaced, agents that keep connections have no failures', async (t) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 })
  t.teardown(() => agent.destroy())
  const viaAxios = axios.create({ httpAgent: agent, validateStatus: () => true })
  const clients: readonly ((path: string) => Promise<unknown>)[] = [
    async (path) => ask(agent, path),
    async (path) => (await fetch(server.url + path)).text(),
    async (path) => viaAxios.get(server.url + path),
  ]
  let isOver = false
  let requests = 0
  const failures: string[] = []
  const go = async (client: (path: string) => Promise<unknown>, path: string) => {
    for (;;) {
      if (isOver) return
      requests += 1
      await client(path).catch((error: unknown) => failures.push(`${path}: ${String(error)}`))
    }
  }
  const loads = clients.flatMap((client) => ['/health', '/api/v1/goods', POLLING].map((path) => go(client, path)))
  await server.admin('POST', '/api/v1/reload')
  const isRolled = () => server.logs().some(({ msg }) => msg === 'all workers were replaced')
  t.ok(await until(isRolled))
  isOver = true
  await Promise.all(loads)
  t.comment(`${requests} requests`)
  t.same(failures, [])
})
