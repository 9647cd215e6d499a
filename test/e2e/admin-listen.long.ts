/** A listener of its own for operators: what is there, and what players' port no longer has. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { standardRoutes } from '../../src/worker/documents.ts'
import { openClient, UpgradeRefused } from '../helpers/client.ts'
import { ServerProcess } from '../helpers/server-process.ts'
import { startServer } from '../helpers/server.ts'
import { holdsWithin } from '../helpers/until.ts'

const CLI = join(import.meta.dirname, '../../src/cli.ts')

async function start(t: Test, ADMIN_LISTEN = '127.0.0.1:0') {
  // With a host, for the pages of the samples.
  const server = await startServer(t, { ADMIN_LISTEN, GAME_HOSTS: '1' })
  const adminUrl = String(server.logs().find(({ msg }) => msg === 'listening')?.['adminUrl'])
  const status = async (url: string, path: string, method = 'GET') => {
    const headers = { authorization: `Bearer ${server.adminToken}`, connection: 'close' }
    const response = await fetch(url + path, { method, headers })
    // undici fails on a connection that ends, as the server said, before a body was read.
    await response.arrayBuffer()
    return response.status
  }
  return { server, adminUrl, status }
}

async function listenSomewhere(t: Test): Promise<number> {
  const other = createServer().listen(0, '127.0.0.1')
  t.teardown(() => void other.close())
  await once(other, 'listening')
  return (other.address() as AddressInfo).port
}

t.test('what is for operators is on the listener of theirs only, what is for everybody on both', async (t) => {
  const { server, adminUrl, status } = await start(t)
  const routes = standardRoutes().filter(({ method }) => method === 'GET')
  const files: Readonly<Record<string, string>> = {
    '/console/:file': 'console.js',
    '/client/:file': 'index.js',
    '/protocol/:file': 'event-names.js',
    '/games/:file': 'limits.js',
    '/games/sync/:file': 'hash.js',
    '/play/:file': 'match.js',
    '/play/arena/:file': 'arena.js',
    '/play/tictactoe/:file': 'tictactoe.js',
    '/samples/:file': 'arena.js',
  }
  const pathOf = (path: string) => path.replace(':file', files[path] ?? '').replaceAll(/:\w+/g, 'sword')
  for (const { path, access } of routes) {
    const [here, there] = [await status(server.url, pathOf(path)), await status(adminUrl, pathOf(path))]
    if (path.startsWith('/docs/:'))
      t.equal(here, there, `${path} is there on both, or on neither where no build made the site`)
    else if (access === 'open') t.strictSame([path, here, there], [path, 200, 200])
    else t.equal(here, 404, `${path} is not on HTTP_PORT`)
    t.not(there, 401, `${path} is on ADMIN_LISTEN`)
  }
  for (const path of ['/ready', '/metrics', '/api/v1/config', '/api/v1/connections']) {
    t.equal(await status(adminUrl, path), 200, path)
  }
  t.equal(await status(server.url, '/api/v1/reload', 'POST'), 404)
  t.equal(await status(server.url, '/api/v1/goods/sword', 'PUT'), 405, 'a good can be read there')
  t.equal((await fetch(`${adminUrl}/api/v1/config`)).status, 401, 'the token is wanted there, too')
})

t.test('players do not connect to it', async (t) => {
  const { server, adminUrl, status } = await start(t)
  const wsUrl = server.wsUrl.replace(server.url.replace('http', 'ws'), adminUrl.replace('http', 'ws'))
  const refusal = await openClient({ wsUrl }).catch((error: unknown) => error)
  t.ok(refusal instanceof UpgradeRefused && refusal.status === 404, String(refusal))
  t.equal(await status(adminUrl, '/core/game/v1/real-time/public'), 404)
  await (await openClient(server)).close()
})

t.test('it stays while workers are replaced, which the command asks there', async (t) => {
  const { server, adminUrl, status } = await start(t)
  const { PATH = '' } = process.env
  const { host } = new URL(adminUrl)
  const env = { PATH, ADMIN_TOKEN: server.adminToken, ADMIN_LISTEN: host, HTTP_PORT: String(server.port) }
  const { stdout } = await promisify(execFile)(process.execPath, [CLI, 'reload'], { env })
  t.match(stdout, 'being replaced')
  const isDone = () => server.output().includes('all workers were replaced')
  while (!(await holdsWithin(isDone, 100))) t.equal(await status(adminUrl, '/health'), 200)
  for (let i = 0; i < 10; i++) t.equal(await status(adminUrl, '/ready'), 200)
})

t.test('a port that somebody has ends the start with 75', async (t) => {
  const port = await listenSomewhere(t)
  const env = { DATA_DIR: t.testdir({}), HTTP_PORT: '0', WORKERS: '1', ADMIN_LISTEN: `127.0.0.1:${port}` }
  const refused = new ServerProcess(env)
  t.equal((await refused.ended).code, 75)
  t.match(refused.stderr, `ADMIN_LISTEN ${port} on 127.0.0.1 is in use: name another port by ADMIN_LISTEN`)
  const doctor = execFile(process.execPath, [CLI, 'doctor'], { env: { PATH: process.env['PATH'] ?? '', ...env } })
  let said = ''
  doctor.stdout?.on('data', (text: string) => (said += text))
  await once(doctor, 'close')
  t.match(said, /^FAIL {2}admin port: \d+ on 127\.0\.0\.1 is held by another program/m)
})
