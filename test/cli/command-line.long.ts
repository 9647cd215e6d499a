import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { CLI, drumbeat } from '../helpers/command.ts'
import { startServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { version: string }
const COMMANDS = [
  'start',
  'new',
  'test',
  'token',
  'config',
  'doctor',
  'tail',
  'load',
  'conformance',
  'reload',
  'games',
  'rooms',
  'ledger',
]

t.test('help and version are what everybody types', async (t) => {
  const helps = await Promise.all([[], ['help'], ['--help'], ['-h']].map((args) => drumbeat(args)))
  for (const { code, stdout, stderr } of helps) {
    t.equal(code, 0, stderr)
    for (const name of COMMANDS) t.match(stdout, new RegExp(`^ {2}drumbeat ${name}`, 'm'))
  }
  for (const args of [['--version'], ['-v'], ['version']]) {
    t.match(await drumbeat(args), { code: 0, stdout: `${version}\n` }, args.join())
  }
  for (const args of [
    ['start', '--help'],
    ['token', '-h'],
    ['help', 'ledger'],
  ]) {
    const name = args.find((arg) => COMMANDS.includes(arg)) ?? ''
    t.match(await drumbeat(args), { code: 0, stdout: new RegExp(`^ {2}drumbeat ${name}`) }, args.join(' '))
  }
  t.match(await drumbeat(['help', 'nothing']), { code: 64, stderr: /no command "nothing"/ })
})

t.test('what is not understood is refused with 64, and nothing is done', async (t) => {
  const DATA_DIR = path.join(t.testdir(), 'data')
  const refused = COMMANDS.map(async (name) => {
    t.match(
      await drumbeat([name, '--nonsense'], { DATA_DIR }),
      { code: 64, stderr: /Unknown option '--nonsense'/ },
      name,
    )
  })
  await Promise.all(refused)
  for (const name of ['start', 'config', 'doctor', 'tail', 'load', 'reload']) {
    t.match(
      await drumbeat([name, 'nonsense'], { DATA_DIR }),
      { code: 64, stderr: /"nonsense" is not expected here/ },
      name,
    )
  }
  for (const args of [['games'], ['games', 'swap'], ['games', 'swap', 'a', 'b'], ['games', 'sell', 'a']]) {
    t.match(await drumbeat(args, { DATA_DIR }), { code: 64, stderr: /drumbeat games swap NAME/ }, args.join(' '))
  }
  t.match(await drumbeat(['nonsense'], { DATA_DIR }), { code: 64, stderr: /no command "nonsense"/ })
  t.match(await drumbeat(['start', '--port', '70000'], { DATA_DIR }), {
    code: 64,
    stderr: /^drumbeat: --port must be a whole number from 0 to 65535; it is "70000"$/m,
  })
  t.match(await drumbeat(['start', '--port'], { DATA_DIR }), { code: 64 })
  t.notOk(existsSync(DATA_DIR))
})

t.test('the options of start win over the environment, also after a reload', async (t) => {
  const folder = t.testdir()
  const DATA_DIR = path.join(folder, 'data')
  const file = path.join(folder, 'a.yaml')
  writeFileSync(file, 'NAMESPACE_GUEST: from-the-file\n')
  const { PATH = '' } = process.env
  const env = { PATH, HTTP_PORT: '1', WORKERS: '7', LOG_FORMAT: 'json', ADMIN_TOKEN: 'the-admin-token-of-the-tests' }
  const args = ['start', '--port', '0', '--workers', '1', '--data-dir', DATA_DIR, '--config', file]
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', process.execPath, CLI, ...args], { env, stdio: 'pipe' })
  t.teardown(() => void child.kill('SIGKILL'))
  let output = ''
  child.stdout.on('data', (data: Buffer) => (output += data.toString()))
  const url = () => /"url":"([^"]+)"/.exec(output)?.[1] ?? ''
  t.ok(await until(() => url() !== '' || child.exitCode !== null), output)
  const headers = { authorization: `Bearer ${env.ADMIN_TOKEN}` }
  const config = (await (await fetch(`${url()}/api/v1/config`, { headers })).json()) as { settings: unknown }
  t.match(JSON.stringify(config), /"name":"WORKERS","value":1,/)
  t.match(JSON.stringify(config), /from-the-file/)
  const reloaded = await (await fetch(`${url()}/api/v1/reload`, { method: 'POST', headers })).json()
  t.match(reloaded, { changed: [], at_next_start: [] })
  t.ok(await until(() => output.includes('all workers were replaced')))
  child.kill('SIGTERM')
  t.strictSame(await once(child, 'exit'), [0, null])
})

t.test('the URL of a server may have a slash behind it; what is no URL is refused with 64', async (t) => {
  for (const args of [['reload'], ['ledger', 'export'], ['conformance']]) {
    const url = args[0] === 'conformance' ? ['nonsense'] : ['--url', 'nonsense', '--token', 'x']
    t.match(
      await drumbeat([...args, ...url]),
      { code: 64, stderr: /nonsense is not the URL of a server/ },
      args.join(' '),
    )
  }
  const server = await startServer(t)
  const args = ['ledger', 'export', '--url', `${server.url}/`, '--token', server.adminToken]
  t.match(await drumbeat(args), { code: 0, stdout: /"drumbeat":"ledger"/ })
})

const isRoot = process.getuid?.() === 0

t.test('a secret of another user is as if there were none', { skip: isRoot && 'root may read it' }, async (t) => {
  const DATA_DIR = t.testdir({ 'dev-jwt-secret': 'x'.repeat(43), 'dev-admin-token': 'x'.repeat(43) })
  for (const file of ['dev-jwt-secret', 'dev-admin-token']) chmodSync(path.join(DATA_DIR, file), 0)
  for (const args of [['token', 'alice'], ['reload']]) {
    t.match(
      await drumbeat(args, { DATA_DIR }),
      { code: 78, stderr: `in ${DATA_DIR} that you may read` },
      args.join(' '),
    )
  }
})

t.test("what needs a secret says so outside of a server's folder, and makes none", async (t) => {
  const DATA_DIR = path.join(t.testdir(), 'data')
  for (const args of [['token', 'alice'], ['load', '--rooms', '1'], ['reload'], ['ledger', 'export']]) {
    const { code, stdout, stderr } = await drumbeat(args, { DATA_DIR })
    t.match({ code, stdout }, { code: 78, stdout: '' }, args.join(' '))
    t.match(stderr, `no server has made a secret in ${DATA_DIR}`)
    t.match(stderr, /AUTH_JWT_SECRET|ADMIN_TOKEN/)
  }
  t.notOk(existsSync(DATA_DIR))
  const server = await startServer(t, { AUTH_JWT_SECRET: '', ADMIN_TOKEN: '' })
  const token = await drumbeat(['token', 'alice'], { DATA_DIR: server.dataDir })
  t.match(token, { code: 0, stdout: /^[\w-]+\.[\w-]+\.[\w-]+\n$/, stderr: '' })
})
