/** Configurations that will not do, and how a server that is started with one ends. */
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ServerProcess, type ServerEnv } from '../helpers/server-process.ts'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
/** What the cases name, to be put into a folder. */
export const FILES = {
  'private.pem': privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  'public.pem': publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  'garbage.pem': '-----BEGIN PUBLIC KEY-----\nnot base64 at all\n-----END PUBLIC KEY-----\n',
  'bad.yaml': 'WORKERS: [1,\n',
  'keys.yaml': 'HTP_PORT: 8080\nWORKERS: 2\nnamespace_guest: guests\n',
  'goods.json': '{"goods": [',
  'goods.yaml': 'goods:\n  - { id: sword, name: Sword, price: -1, currency: gold }\n',
  file: '',
}

const ADMIN_TOKEN = 'an-admin-token-of-this-test'
const AUTH_JWT_SECRET = 'a secret for the nodes of a cluster, long enough'
const CLUSTER = { ETCD_ENDPOINTS: 'http://127.0.0.1:2379', ADMIN_TOKEN, AUTH_JWT_SECRET }

/** Each has one mistake, and what is said of it. @param folder with FILES */
export function mistakesIn(folder: string): readonly (readonly [ServerEnv, RegExp])[] {
  const at = (name: string) => join(folder, name)
  return [
    [{ HTTP_PROT: '80' }, /^HTTP_PROT is no setting; the nearest is HTTP_PORT/],
    [{ WORKERS: 'two' }, /^WORKERS must be .*"two"/],
    [{ WORKERS: '0' }, /^WORKERS must be .*1/],
    [{ WORKERS: '10000' }, /^WORKERS must be .*256/],
    [{ HTTP_PORT: '70000' }, /^HTTP_PORT must be .*65535/],
    [{ SOCKET_READ_TIMEOUT: '5s' }, /^SOCKET_READ_TIMEOUT must be .*8s/],
    [{ SOCKET_READ_TIMEOUT: '1000s' }, /^SOCKET_READ_TIMEOUT must be .*960s/],
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
    [{ ETCD_CERT_FILE: at('public.pem') }, /^ETCD_KEY_FILE is missing/],
    [{ ETCD_CA_FILE: at('none.pem') }, /^ETCD_CA_FILE must be a readable file/],
    [{ ETCD_ENDPOINTS: 'localhost' }, /^ETCD_ENDPOINTS must be /],
    [{ ETCD_ENDPOINTS: ',' }, /^ETCD_ENDPOINTS must be /],
    [{ CONFIG_FILE: at('none.yaml') }, /^CONFIG_FILE: .*none\.yaml cannot be read/],
    [{ CONFIG_FILE: at('bad.yaml') }, /^CONFIG_FILE: .*bad\.yaml cannot be understood/],
    [{ CONFIG_FILE: at('public.pem') }, /^CONFIG_FILE must end in /],
    [{ GOODS_FILE: at('none.yaml') }, /^GOODS_FILE must be a readable file/],
    [{ HTTP_HOST: '192.0.2.1' }, /^cannot listen: .*192\.0\.2\.1/],
  ]
}

/** All these mistakes at once, and what is said of each. @param folder with FILES */
export function manyMistakesIn(folder: string): { readonly env: ServerEnv; readonly named: readonly RegExp[] } {
  const at = (name: string) => join(folder, name)
  return {
    env: {
      CONFIG_FILE: at('keys.yaml'),
      WORKERS: '0',
      SOCKET_READ_TIMEOUT: '5s',
      MAX_PAYLOAD_BYTES: '1MiB',
      MAX_PAYLOAD_BYTES_HARD: '1MiB',
      AUTH_JWT_SECRET: 'short',
      AUTH_JWT_PUBLIC_KEY_FILE: at('private.pem'),
      ETCD_ENDPOINTS: 'http://a:2379,https://b:2379',
      ETCD_USERNAME: 'root',
    },
    named: [
      /^HTP_PORT is no setting; the nearest is HTTP_PORT/,
      /^namespace_guest is no setting; the nearest is NAMESPACE_GUEST/,
      /^WORKERS/,
      /^SOCKET_READ_TIMEOUT/,
      /^MAX_PAYLOAD_BYTES_HARD must be larger/,
      /^AUTH_JWT_SECRET/,
      /^AUTH_JWT_PUBLIC_KEY_FILE .*private/,
      /^ETCD_ENDPOINTS must not mix/,
      /^ADMIN_TOKEN is missing/,
      /^ETCD_PASSWORD is missing/,
    ],
  }
}

export interface Refused {
  readonly code: number | null
  /** What was said, a line each, without the program's name and its warnings. */
  readonly lines: readonly string[]
  readonly tookMs: number
  /** Whether anybody could connect. */
  readonly portOpened: boolean
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Starts what should not start, and watches its port until it has ended. */
export async function startRefused(folder: string, env: ServerEnv, script?: string): Promise<Refused> {
  const port = env['HTTP_PORT'] ?? String(await freePort())
  const server = new ServerProcess(
    { DATA_DIR: join(folder, 'data'), WORKERS: '2', HTTP_PORT: port, ...env },
    [],
    script,
  )
  let portOpened = false
  while (!server.hasEnded) {
    if (env['HTTP_PORT'] === undefined && (await isOpen(Number(port)))) portOpened = true
    await sleep(5)
  }
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
