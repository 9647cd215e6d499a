/** Every way into a server, by a name that is its own and by one that a page has made resolve to 127.0.0.1. */
import t from 'tap'
import { requestHead, sendRaw, type HeadOptions } from '../helpers/raw.ts'
import { startServer } from '../helpers/server.ts'

const PREFIX = '/core/game/v1/real-time'
const PLAIN = { upgrade: undefined, connection: undefined, 'sec-websocket-key': undefined }
const IO = `${PREFIX}/public/?EIO=4&transport=`
const OWN = ['127.0.0.1', 'localhost:1234', '[::1]', 'game.localhost']
const OTHERS = ['evil.example', 'evil.example:8080', '127.0.0.1.evil.example', 'my-laptop.local']

const server = await startServer(t, { WORKERS: '1', ADMIN_LISTEN: '127.0.0.1:0' })
const adminPort = Number(new URL(String(server.logs().find(({ msg }) => msg === 'listening')?.['adminUrl'])).port)

const page = (origin: string) => ({ ...PLAIN, origin, 'access-control-request-method': 'GET' })
const session = async () => {
  const opened = await sendRaw(server, requestHead({ path: `${IO}polling`, headers: PLAIN }))
  return String(/"sid":"([^"]+)"/.exec(opened?.body ?? '')?.[1])
}

interface Way {
  readonly status: number
  readonly head: HeadOptions
  readonly port?: number
}

/** With the status by a name of the server's own. */
const WAYS: Readonly<Record<string, () => Promise<Way> | Way>> = {
  'a WebSocket of a guest': () => ({ status: 101, head: {} }),
  'a WebSocket of a player': () => ({ status: 401, head: { path: `${PREFIX}/private` } }),
  'the path of a socket without an upgrade': () => ({ status: 426, head: { headers: PLAIN } }),
  'a preflight for a socket': () => ({
    status: 204,
    head: { method: 'OPTIONS', headers: page('http://127.0.0.1') },
  }),
  'a new session of Socket.IO': () => ({ status: 200, head: { path: `${IO}polling`, headers: PLAIN } }),
  'a WebSocket of Socket.IO': () => ({ status: 101, head: { path: `${IO}websocket` } }),
  'an old client of Socket.IO': () => ({
    status: 200,
    head: { path: `${PREFIX}/public/?EIO=3&transport=polling`, headers: PLAIN },
  }),
  'a poll of a session': async () => ({
    status: 200,
    head: { path: `${IO}polling&sid=${await session()}`, headers: PLAIN, method: 'POST', lines: ['Content-Length: 2'] },
  }),
  'a preflight of Socket.IO': () => ({
    status: 204,
    head: { method: 'OPTIONS', path: `${IO}polling`, headers: page('http://127.0.0.1') },
  }),
  'an open route': () => ({ status: 200, head: { path: '/api/v1/goods', headers: PLAIN } }),
  'the console': () => ({ status: 200, head: { path: '/', headers: PLAIN } }),
  'the health': () => ({ status: 200, head: { path: '/health', headers: PLAIN } }),
  'a path that is none': () => ({ status: 404, head: { path: '/x', headers: PLAIN } }),
  'the metrics, for operators': () => ({ status: 200, head: { path: '/metrics', headers: PLAIN }, port: adminPort }),
  'a route that wants a token, for operators': () => ({
    status: 401,
    head: { path: '/api/v1/config', headers: PLAIN },
    port: adminPort,
  }),
}

for (const [name, way] of Object.entries(WAYS)) {
  t.test(name, async (t) => {
    for (const host of [...OWN, ...OTHERS]) {
      const { status, head, port = server.port } = await way()
      // A preflight is of the page that the server has itself under this name.
      const origin = head.headers?.['origin'] === undefined ? {} : { origin: `http://${host}` }
      const headers = { ...head.headers, host, ...origin }
      const bytes = requestHead({ ...head, headers }) + (head.method === 'POST' ? '40' : '')
      const answer = await sendRaw({ port }, bytes)
      if (OWN.includes(host)) t.equal(answer?.status, status, host)
      else t.match(answer, { status: 421, body: /ALLOWED_HOSTS/ }, host)
    }
  })
}

t.test('the security log says so', async (t) => {
  const lines = server.logs().filter((line) => line['security'] === 'host_refused')
  t.match(lines[0], { reason: /does not answer to evil\.example/, path: /./, address: '127.0.0.1' })
})
