import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { CASES } from '../../src/conformance/table.ts'
import { startServer } from '../helpers/server.ts'
import { AUDIENCE, ISSUER, runsGames, SECRET, startLimited, startOurs } from './target.ts'

const run = promisify(execFile)
/** The cases that want low limits: see `startLimited`. */
const LIMITED = 'limit[.](messages|retry-after)$'
const FILE = join(import.meta.dirname, '../../src/cli.ts')

/** Of `drumbeat conformance`, in a folder where no secret of a server lies. */
async function conformance(folder: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const options = { env: { ...process.env, DATA_DIR: join(folder, 'none'), ...env }, maxBuffer: 64 * 1024 * 1024 }
  try {
    return { code: 0, ...(await run(process.execPath, [FILE, 'conformance', ...args], options)) }
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string }
  }
}

interface Report {
  readonly ok: number
  readonly failed: number
  readonly skipped: number
  readonly cases: readonly { readonly id: string; readonly outcome: string; readonly detail?: string }[]
}

t.test('Drumbeat passes every case, and none is skipped', async (t) => {
  const server = await startOurs(t)
  const ofGames = (await runsGames(server)) ? '' : 'game[.]|'
  let passed = 0
  for (const [{ url, dataDir, adminToken }, only] of [
    [server, `^(?!${ofGames}${LIMITED})`],
    [await startLimited(t), `^${LIMITED}`],
  ] as const) {
    const args = [url, '--json', '--only', only, '--token-secret', SECRET, '--admin-token', adminToken]
    const env = { AUTH_ISSUER: ISSUER, AUTH_AUDIENCE: AUDIENCE }
    const { code, stdout, stderr } = await conformance(dataDir, args, env)
    const { cases, ...counts } = JSON.parse(stdout) as Report
    t.strictSame(
      cases.filter(({ outcome }) => outcome !== 'ok'),
      [],
      stderr,
    )
    t.match(counts, { failed: 0, skipped: 0 })
    t.equal(code, 0)
    passed += counts.ok
  }
  t.equal(passed, CASES.filter(({ id }) => ofGames === '' || !id.startsWith('game.')).length)
  t.strictSame(
    server.logs().filter(({ level }) => Number(level) >= 50),
    [],
    'the server logged no error',
  )
  const { items } = (await server.admin('GET', '/api/v1/connections')) as { items: unknown[] }
  t.strictSame(items, [], 'no connection was left')
  const rooms = (await server.admin('GET', '/api/v1/rooms')) as { items: unknown[] }
  t.strictSame(rooms.items, [], 'no room was left')
})

t.test('guests that may write to players pass, too', async (t) => {
  const { url, dataDir } = await startServer(t, {
    AUTH_JWT_SECRET: SECRET,
    GUESTS_MESSAGE_PLAYERS: 'true',
    WORKERS: '1',
  })
  const { code, stdout } = await conformance(dataDir, [url, '--only', '^message[.]guest', '--token-secret', SECRET])
  t.equal(code, 0, stdout)
  t.match(stdout, /2 ok, 0 failed/)
})

t.test(
  'a server that answers to any name, or to one that is listed, and lets users say what they want, passes, too',
  async (t) => {
    for (const ALLOWED_HOSTS of ['*', 'game.example']) {
      const env = { AUTH_JWT_SECRET: SECRET, ALLOWED_HOSTS, RATE_LOG_BYTES_PER_USER: '1GiB', WORKERS: '1' }
      const { url, dataDir } = await startServer(t, env)
      const args = [url, '--only', '^host[.]|^limit[.]said', '--token-secret', SECRET]
      const { code, stdout } = await conformance(dataDir, args)
      t.equal(code, 0, stdout)
      t.match(stdout, /3 ok, 0 failed/)
    }
  },
)

t.test('what is not given is skipped and said; a line for each case', async (t) => {
  const server = await startOurs(t)
  const args = [server.url, '--only', '^(ready|purchase)[.]']
  const { code, stdout } = await conformance(server.dataDir, args, { AUTH_JWT_SECRET: '' })
  t.equal(code, 0)
  t.match(stdout, /^ready\n {2}ok {6}ready\.fields\.json: /)
  t.match(stdout, /^ {2}skipped {1}ready\.player: .*\n {10}needs the key of tokens \(--token-secret\)$/m)
  t.match(stdout, /\n {10}needs the key of tokens \(--token-secret\) and the admin token \(--admin-token\)\n/)
  t.match(stdout, /\d+ cases: \d+ ok, 0 failed, \d+ skipped\n$/)
})

t.test('what fails is said, and the exit code says so', async (t) => {
  const server = await startOurs(t)
  const args = [server.url, '--only', '^handshake[.]public$', '--prefix', '/other']
  t.match(await conformance(server.dataDir, args), {
    code: 1,
    stdout: / {2}FAILED {2}handshake\.public: .*\n {10}expected the status 101; came 404\n/,
  })
})

t.test('mistakes are told', async (t) => {
  const folder = t.testdir({})
  t.match(await conformance(folder, []), { code: 64, stderr: /takes one URL/ })
  t.match(await conformance(folder, ['host:80']), { code: 64, stderr: /host:80 is not the URL of a server/ })
  t.match(await conformance(folder, ['http://h', '--only', '(']), { code: 64, stderr: /--only: / })
  t.match(await conformance(folder, ['http://h', '--only', 'no such case']), { code: 64, stderr: /no case/ })
  t.match(await conformance(folder, ['http://h', '--patience', 'x']), { code: 64, stderr: /--patience/ })
  t.match(await conformance(folder, ['http://127.0.0.1:9']), { code: 69, stderr: /127\.0\.0\.1:9: .*ECONNREFUSED/ })
})

t.test('each case has an id of its own', async (t) => {
  const ids = CASES.map(({ id }) => id)
  t.strictSame(
    ids.filter((id, i) => ids.indexOf(id) !== i),
    [],
  )
})
