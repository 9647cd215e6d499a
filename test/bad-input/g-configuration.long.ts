/** Configurations and machines that will not do, as whole processes: how they end, what they say, and no port opened. */
import { generateKeyPairSync } from 'node:crypto'
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { open } from 'lmdb'
import t from 'tap'
import { freePort } from '../helpers/ports.ts'
import { promisedMs } from '../helpers/promised.ts'
import { ServerProcess, type ServerEnv } from '../helpers/server-process.ts'
import { startServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'
import { stayedUp } from './support.ts'

const ROOT = resolve(import.meta.dirname, '../..')
/** `END_MS_MAX=2000 npm run prove -- configuration` */
const END_MS_MAX = Number(process.env['END_MS_MAX'] ?? 2_000)
const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const folder = t.testdir({
  'private.pem': privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  'public.pem': publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  'garbage.pem': '-----BEGIN PUBLIC KEY-----\nnot base64 at all\n-----END PUBLIC KEY-----\n',
  'bad.yaml': 'WORKERS: [1,\n',
  'keys.yaml': 'HTP_PORT: 8080\nWORKERS: 2\nnamespace_guest: guests\n',
  'goods.json': '{"goods": [',
  'goods.yaml': 'goods:\n  - { id: sword, name: Sword, price: -1, currency: gold }\n',
  file: '',
})
const at = (name: string) => join(folder, name)

interface Refused {
  readonly code: number | null
  /** What was said, a line each, without the program's name and its warnings. */
  readonly lines: readonly string[]
  readonly tookMs: number
  /** Whether anybody could connect. */
  readonly portOpened: boolean
}

/** Starts what should not start, and watches its port until it has ended. */
async function start(env: ServerEnv, script?: string): Promise<Refused> {
  const port = env['HTTP_PORT'] ?? String(await freePort())
  const server = new ServerProcess({ DATA_DIR: at('data'), WORKERS: '2', HTTP_PORT: port, ...env }, [], script)
  let portOpened = false
  const hasEnded = async () => {
    if (env['HTTP_PORT'] === undefined && (await isOpen(Number(port)))) portOpened = true
    return server.hasEnded
  }
  await until(hasEnded, () => 'it to end by itself')
  const { code, tookMs } = await server.ended
  const said = server.stderr.split('\n').filter((line) => line !== '' && !line.startsWith('drumbeat: warning: '))
  return { code, tookMs, portOpened, lines: said.map((line) => line.replace(/^drumbeat: /, '')) }
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

const ADMIN_TOKEN = 'an-admin-token-of-this-test'
const AUTH_JWT_SECRET = 'a secret for the nodes of a cluster, long enough'
const CLUSTER = { ETCD_ENDPOINTS: 'http://127.0.0.1:2379', ADMIN_TOKEN, AUTH_JWT_SECRET }

t.test('each mistake ends with 78 and one line that names it', async (t) => {
  const cases: readonly [ServerEnv, RegExp][] = [
    [{ HTTP_PORT: 'tcp://10.96.7.1:80' }, /^HTTP_PORT must be .*Kubernetes/],
    [{ WORKERS: 'two' }, /^WORKERS must be .*"two"/],
    [{ WORKERS: '0' }, /^WORKERS must be .*1/],
    [{ WORKERS: '10000' }, /^WORKERS must be .*256/],
    [{ HTTP_PORT: '70000' }, /^HTTP_PORT must be .*65535/],
    [{ SOCKET_READ_TIMEOUT: '5s' }, /^SOCKET_READ_TIMEOUT must be .*8s/],
    [{ SOCKET_READ_TIMEOUT: '1000s' }, /^SOCKET_READ_TIMEOUT must be .*900s/],
    [{ SOCKET_READ_TIMEOUT: '30' }, /^SOCKET_READ_TIMEOUT must be /],
    [{ MEMORY_LIMIT: '80%' }, /^MEMORY_LIMIT must be off, or a size from 64MiB .*"80%"/],
    [{ MEMORY_LIMIT: '1MiB' }, /^MEMORY_LIMIT must be off, or a size from 64MiB /],
    [{ ADMIN_LISTEN: '9090' }, /^ADMIN_LISTEN must be host:port, .*"9090"/],
    [{ ADMIN_LISTEN: '0.0.0.0:1', HTTP_PORT: '1' }, /^ADMIN_LISTEN must have another port than HTTP_PORT, which is 1/],
    [{ LOG_LEVEL: 'loud' }, /^LOG_LEVEL must be .*trace/],
    [{ ROOM_AUTO_CREATE: 'perhaps' }, /^ROOM_AUTO_CREATE must be /],
    [
      { MAX_PAYLOAD_BYTES: '1MiB', MAX_PAYLOAD_BYTES_HARD: '64KiB', BACKPRESSURE_BYTES: '4MiB' },
      /_HARD must be larger/,
    ],
    [{ AUTH_JWT_SECRET: 'far-too-short' }, /^AUTH_JWT_SECRET must be .*32/],
    [{ AUTH_JWT_PUBLIC_KEY_FILE: at('none.pem') }, /^AUTH_JWT_PUBLIC_KEY_FILE must be a readable file/],
    [{ AUTH_JWT_PUBLIC_KEY_FILE: at('garbage.pem') }, /^AUTH_JWT_PUBLIC_KEY_FILE must be a public key in PEM/],
    [{ AUTH_JWT_PUBLIC_KEY_FILE: at('private.pem') }, /^AUTH_JWT_PUBLIC_KEY_FILE must be .*holds a private one/],
    [{ AUTH_JWKS_URL: 'http://keys.example.com/jwks.json' }, /^AUTH_JWKS_URL must be an https:\/\/ URL/],
    [{ ETCD_ENDPOINTS: 'http://127.0.0.1:2379', ADMIN_TOKEN }, /^one of AUTH_JWT_SECRET, .* is missing/],
    [{ ETCD_ENDPOINTS: 'http://127.0.0.1:2379', AUTH_JWT_SECRET }, /^ADMIN_TOKEN is missing/],
    [{ ...CLUSTER, ETCD_PREFIX: 'drumbeat' }, /^ETCD_PREFIX must be a path/],
    [{ ...CLUSTER, LOG_RETENTION: '5m' }, /^LOG_RETENTION must not be under HISTORY_TTL/],
    [{ ...CLUSTER, MAX_PAYLOAD_BYTES: '1MiB' }, /^MAX_PAYLOAD_BYTES must not be over 524288 in a cluster/],
    [{ ...CLUSTER, ETCD_CA_FILE: at('public.pem') }, /^ETCD_CA_FILE must not be set with http:/],
    [
      { ...CLUSTER, ETCD_ENDPOINTS: 'https://127.0.0.1:9', ETCD_CERT_FILE: at('public.pem') },
      /^ETCD_KEY_FILE is missing/,
    ],
    [{ ETCD_CA_FILE: at('none.pem') }, /^ETCD_CA_FILE must be a readable file/],
    [{ ETCD_ENDPOINTS: 'localhost' }, /^ETCD_ENDPOINTS must be /],
    [{ ETCD_ENDPOINTS: ',' }, /^ETCD_ENDPOINTS must be /],
    [{ CONFIG_FILE: at('none.yaml') }, /^CONFIG_FILE: .*none\.yaml cannot be read/],
    [{ CONFIG_FILE: at('bad.yaml') }, /^CONFIG_FILE: .*bad\.yaml cannot be understood/],
    [{ CONFIG_FILE: at('public.pem') }, /^CONFIG_FILE must end in /],
    [{ GOODS_FILE: at('none.yaml') }, /^GOODS_FILE must be a readable file/],
    [{ HTTP_HOST: '192.0.2.1' }, /^cannot listen: .*192\.0\.2\.1/],
  ]
  for (const [env, line] of cases) {
    const { code, lines, tookMs, portOpened } = await start(env)
    t.equal(code, 78, Object.entries(env).join(' '))
    t.equal(lines.length, 1, lines.join(' | '))
    t.match(lines[0], line)
    promisedMs(t, tookMs, END_MS_MAX)
    t.notOk(portOpened, 'nobody could connect')
    t.notMatch(lines.join(), 'far-too-short', 'a secret is not shown')
  }
})

t.test('all mistakes are said at once, a line each', async (t) => {
  const { code, lines, portOpened } = await start({
    CONFIG_FILE: at('keys.yaml'),
    WORKERS: '0',
    SOCKET_READ_TIMEOUT: '5s',
    MAX_PAYLOAD_BYTES: '1MiB',
    MAX_PAYLOAD_BYTES_HARD: '1MiB',
    AUTH_JWT_SECRET: 'short',
    AUTH_JWT_PUBLIC_KEY_FILE: at('private.pem'),
    ETCD_ENDPOINTS: 'http://a:2379,https://b:2379',
    ETCD_USERNAME: 'root',
  })
  t.equal(code, 78)
  t.notOk(portOpened)
  const named = [
    /^HTP_PORT is not a setting; the nearest is HTTP_PORT/,
    /^namespace_guest is not a setting; the nearest is NAMESPACE_GUEST/,
    /^WORKERS/,
    /^SOCKET_READ_TIMEOUT/,
    /^MAX_PAYLOAD_BYTES_HARD must be larger/,
    /^AUTH_JWT_SECRET/,
    /^AUTH_JWT_PUBLIC_KEY_FILE .*private/,
    /^ETCD_ENDPOINTS must not mix/,
    /^ADMIN_TOKEN is missing/,
    /^ETCD_PASSWORD is missing/,
  ]
  for (const one of named) t.equal(lines.filter((line) => one.test(line)).length, 1, String(one))
  t.ok(lines.length >= named.length && lines.length <= named.length + 2, lines.join('\n'))
})

t.test('a data folder that cannot be made ends with 77', async (t) => {
  for (const place of ['/proc/drumbeat/data', at('file/below'), at('file')]) {
    const { code, lines, tookMs, portOpened } = await start({ DATA_DIR: place })
    t.match({ code, lines, portOpened }, { code: 77, lines: [/^DATA_DIR cannot be used: /], portOpened: false }, place)
    t.equal(lines.length, 1)
    promisedMs(t, tookMs, END_MS_MAX)
  }
})

t.test('what a live instance has ends with 75, and the live one goes on', async (t) => {
  const live = await startServer(t)
  const folderTaken = await start({ DATA_DIR: live.dataDir })
  t.match(folderTaken, { code: 75, lines: [`DATA_DIR ${live.dataDir} is in use by a live instance (pid ${live.pid})`] })
  t.notOk(folderTaken.portOpened)

  const HTTP_PORT = String(live.port)
  const portTaken = await start({ HTTP_PORT, DATA_DIR: at('another') })
  t.match(
    portTaken,
    { code: 75, lines: [`HTTP_PORT ${HTTP_PORT} on 127.0.0.1 is in use: name another port by --port or HTTP_PORT`] },
    'another Drumbeat',
  )
  const everywhere = await start({ HTTP_PORT, HTTP_HOST: '0.0.0.0', DATA_DIR: at('another') })
  t.match(everywhere, { code: 75, lines: [`HTTP_PORT ${HTTP_PORT} on 0.0.0.0 is in use`] }, 'on every address')
  for (const { tookMs } of [folderTaken, portTaken, everywhere]) promisedMs(t, tookMs, END_MS_MAX)

  const other = createServer().listen(0, '127.0.0.1')
  t.teardown(() => void other.close())
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const refused = await start({ HTTP_PORT: String(port), DATA_DIR: at('another') })
  t.match(refused, { code: 75, lines: [`HTTP_PORT ${port} on 127.0.0.1 is in use`] }, 'another program')
  await stayedUp(t, live)
})

t.test('of two that start at the same moment for one port, one ends with 75', async (t) => {
  const HTTP_PORT = String(await freePort())
  const both = ['twin-1', 'twin-2'].map(
    (name) => new ServerProcess({ DATA_DIR: at(name), WORKERS: '1', HTTP_PORT, LOG_FORMAT: 'json' }),
  )
  const started = await Promise.allSettled(both.map((server) => server.logLine('listening')))
  for (const server of both) server.signal('SIGTERM')
  const codes = await Promise.all(both.map(async ({ ended }) => (await ended).code))
  t.equal(started.filter(({ status }) => status === 'fulfilled').length, 1)
  t.strictSame(new Set(codes), new Set([0, 75]))
})

t.test('data of a newer version ends with 78 and is left alone', async (t) => {
  const dataDir = at('newer')
  const path = join(dataDir, 'records')
  mkdirSync(path, { recursive: true })
  const written = open({ path, noSubdir: false })
  await written.put('schema', 99)
  await written.close()
  const { code, lines, tookMs } = await start({ DATA_DIR: dataDir })
  t.match({ code, lines }, { code: 78, lines: [/the data in .*newer.*schema 99/] })
  t.equal(lines.length, 1)
  promisedMs(t, tookMs, END_MS_MAX)
  const read = open({ path, noSubdir: false, readOnly: true })
  t.equal(read.get('schema'), 99)
  await read.close()
})

t.test('a goods file that is no goods file ends with 78 and the place', async (t) => {
  const broken = await start({ GOODS_FILE: at('goods.json'), DATA_DIR: at('goods-1') })
  t.match(broken, { code: 78, lines: [/^GOODS_FILE .*goods\.json.* cannot be understood/] })
  const wrong = await start({ GOODS_FILE: at('goods.yaml'), DATA_DIR: at('goods-2') })
  t.match(wrong, { code: 78, lines: [/^GOODS_FILE .*goods\.yaml: goods\[0\]\.price: must be an integer/] })
  for (const { lines, tookMs } of [broken, wrong]) {
    t.equal(lines.length, 1)
    promisedMs(t, tookMs, END_MS_MAX)
  }
})

t.test('a uWebSockets.js binary that does not load ends with 78 and what to install', async (t) => {
  const { code, lines, tookMs, portOpened } = await start({}, treeWithBrokenUws(at('tree')))
  t.match({ code, lines }, { code: 78, lines: [/^The uWebSockets\.js binary does not load: .*`npm ci`.*glibc 2\.34/] })
  t.equal(lines.length, 1, lines.join(' | '))
  promisedMs(t, tookMs, END_MS_MAX)
  t.notOk(portOpened)
})

/** This program with its packages, but for one whose binaries are no binaries. Gives its main file. */
function treeWithBrokenUws(tree: string): string {
  const packages = join(tree, 'node_modules')
  mkdirSync(packages, { recursive: true })
  cpSync(join(ROOT, 'src'), join(tree, 'src'), { recursive: true })
  cpSync(join(ROOT, 'config'), join(tree, 'config'), { recursive: true })
  writeFileSync(join(tree, 'package.json'), '{"type":"module"}')
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (name !== 'uWebSockets.js') symlinkSync(join(ROOT, 'node_modules', name), join(packages, name))
  }
  const isBinary = (file: string) => file.endsWith('.node')
  const uws = join(ROOT, 'node_modules/uWebSockets.js')
  cpSync(uws, join(packages, 'uWebSockets.js'), { recursive: true, filter: (file) => !isBinary(file) })
  for (const file of readdirSync(uws, { recursive: true, encoding: 'utf8' }).filter(isBinary)) {
    writeFileSync(join(packages, 'uWebSockets.js', file), 'a binary of another world')
  }
  return join(tree, 'src/main.ts')
}
