/** Levels of parts: as configured, and changed while the server runs. */
import t from 'tap'
import { openClient } from '../helpers/client.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { holdsWithin, until } from '../helpers/until.ts'

const DEBUG = 20

function linesOf(server: TestServer, part: string, atMost: number) {
  return server.logs().filter((line) => line['part'] === part && Number(line['level']) <= atMost)
}

/** Opens and closes connections until there is a line of `session` from this process. */
async function speaks(server: TestServer, process: string): Promise<void> {
  const before = linesOf(server, 'session', DEBUG).filter((line) => line['process'] === process).length
  await until(async () => {
    const client = await openClient(server)
    await client.close()
    return linesOf(server, 'session', DEBUG).filter((line) => line['process'] === process).length > before
  })
}

function put(server: TestServer, body: unknown, token = server.adminToken): Promise<Response> {
  return fetch(`${server.url}/api/v1/log-level`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  })
}

t.test('LOG_LEVELS: parts that say more, or nothing', async (t) => {
  const server = await startServer(t, { WORKERS: '1', LOG_LEVELS: 'http=debug,ledger=trace,security=silent' })
  await fetch(`${server.url}/api/v1/config`, { headers: { authorization: 'Bearer wrong' } })
  await until(() => linesOf(server, 'http', DEBUG).length > 0)
  t.match(linesOf(server, 'http', DEBUG)[0], { method: 'GET', path: '/api/v1/config', status: 401 })
  const credit = { currency: 'gold', amount: 1, idempotency_key: 'a-key-of-sixteen-characters' }
  await server.admin('POST', '/api/v1/players/alice/credit', credit)
  await until(() => linesOf(server, 'ledger', 10).length > 0)
  await (await openClient(server)).close()
  t.strictSame(linesOf(server, 'session', DEBUG), [], 'of others it is LOG_LEVEL')
  t.strictSame(linesOf(server, 'security', 60), [])
})

t.test('a level holds in all workers, also in one that starts later, and ends', async (t) => {
  const server = await startServer(t)
  await (await openClient(server)).close()
  t.strictSame(linesOf(server, 'session', DEBUG), [])

  const asked = { part: 'worker', level: 'debug', for_ms: 60_000 }
  const answer = (await (await put(server, asked)).json()) as { until: number }
  t.match(answer, { part: 'worker', level: 'debug' })
  t.ok(answer.until > Date.now())
  await speaks(server, 'worker-1')
  await speaks(server, 'worker-2')
  const dying = server.logs().find(({ msg, worker }) => msg === 'worker ready' && worker === 1)
  process.kill(Number(dying?.['pid']), 'SIGKILL')
  await until(() => server.logs().some(({ msg, worker }) => msg === 'worker ready' && worker === 3))
  await speaks(server, 'worker-3')

  t.equal((await put(server, { part: 'session', level: 'silent', for_ms: 60_000 })).status, 200)
  const silentFrom = linesOf(server, 'session', DEBUG).length
  await (await openClient(server)).close()
  await fetch(`${server.url}/health`)
  await until(() => linesOf(server, 'http', DEBUG).some(({ path }) => path === '/health'))
  t.equal(linesOf(server, 'session', DEBUG).length, silentFrom, "a part's own counts before that of its process")

  t.equal((await put(server, { ...asked, for_ms: 1_000 })).status, 200, 'asked again, the new time counts')
  await until(async () => {
    const before = linesOf(server, 'http', DEBUG).length
    await fetch(`${server.url}/health`)
    return !(await holdsWithin(() => linesOf(server, 'http', DEBUG).length > before, 100))
  })
})

t.test('what is no part, level or time is refused and changes nothing', async (t) => {
  const server = await startServer(t, { WORKERS: '1' })
  const good = { part: 'worker', level: 'debug', for_ms: 5_000 }
  const bad: readonly (readonly [string, unknown])[] = [
    ['part', { ...good, part: 'nothing' }],
    ['part', { ...good, part: '__proto' }],
    ['part', { ...good, part: 'toString' }],
    ['part', { ...good, part: null }],
    ['part', { level: 'debug', for_ms: 5_000 }],
    ['level', { ...good, level: 'loud' }],
    ['level', { ...good, level: 20 }],
    ['level', { part: 'worker', for_ms: 5_000 }],
    ['for_ms', { ...good, for_ms: 999 }],
    ['for_ms', { ...good, for_ms: 86_400_001 }],
    ['for_ms', { ...good, for_ms: '5000' }],
    ['for_ms', { ...good, for_ms: 1500.5 }],
    ['for_ms', { part: 'worker', level: 'debug' }],
    ['untill', { ...good, untill: 1 }],
    ['', [good]],
    ['', 'worker=debug'],
  ]
  for (const [path, body] of bad) {
    const response = await put(server, body)
    t.equal(response.status, 400, JSON.stringify(body))
    t.match(await response.json(), { error: { code: 'BAD_REQUEST', details: { path } } })
  }
  t.equal((await put(server, good, 'another-token')).status, 401)
  t.equal((await fetch(`${server.url}/api/v1/log-level`, { method: 'POST' })).status, 405)
  await fetch(`${server.url}/health`)
  t.strictSame(linesOf(server, 'http', DEBUG), [])
})
