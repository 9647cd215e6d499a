import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { join } from 'node:path'
import t from 'tap'
import type { Finding } from '../../src/doctor/finding.ts'
import { startServer } from '../helpers/server.ts'

const FILE = join(import.meta.dirname, '../../src/cli.ts')
const SECRETS = {
  AUTH_JWT_SECRET: 'a secret of this test, of thirty-two bytes and more',
  ADMIN_TOKEN: 'an-admin-token-of-this-test',
}

async function doctor(env: Readonly<Record<string, string>>, ...args: string[]) {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, [FILE, 'doctor', ...args], {
    env: { PATH, HTTP_PORT: '0', WORKERS: '1', ...env },
  })
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { stdout, stderr, code: code as number }
}

t.test('this machine runs a server, and so the doctor lets it', async (t) => {
  const DATA_DIR = t.testdir({})
  chmodSync(DATA_DIR, 0o700)
  const { stdout, code } = await doctor({ ...SECRETS, DATA_DIR })
  t.equal(code, 0, stdout)
  t.match(stdout, /^ok {4}node: Node 22/m)
  t.match(stdout, /^ok {4}uWebSockets\.js: \S+ \d+\.\d+\.\d+/m)
  t.match(stdout, /^ok {4}goods: \d+ in /m)
  t.match(stdout, /^ok {4}secrets: no development secret is in use$/m)
  t.match(stdout, new RegExp(`^ok {4}data folder: ${DATA_DIR}$`, 'm'))
  t.match(stdout, /^(ok {2}|warn) {2}sync: a page is on the disk after \d+\.\d\d ms/m)
  for (const line of stdout.trimEnd().split('\n')) t.match(line, /^(ok {2}|warn|skip) {2}[^:]+: ./)
})

t.test('what must be mended ends with 1, and with what mends it', async (t) => {
  const folder = t.testdir({
    'k.pem': 'x',
    'a.yaml': 'ADMIN_TOKEN: an-admin-token-in-a-file\n',
    'goods.yaml': 'goods: 1\n',
  })
  const at = (name: string) => join(folder, name)
  for (const name of ['k.pem', 'a.yaml']) chmodSync(at(name), 0o644)
  const other = createServer().listen(0, '127.0.0.1')
  t.teardown(() => void other.close())
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const { stdout, code } = await doctor({
    AUTH_JWT_SECRET: SECRETS.AUTH_JWT_SECRET,
    DATA_DIR: at('data'),
    CONFIG_FILE: at('a.yaml'),
    RECEIPT_KEY_FILE: at('k.pem'),
    GOODS_FILE: at('goods.yaml'),
    HTTP_PORT: String(port),
    ETCD_ENDPOINTS: 'http://127.0.0.1:9',
  })
  t.equal(code, 1)
  for (const name of ['k.pem', 'a.yaml']) {
    t.match(stdout, new RegExp(`^FAIL {2}secrets: .* -> chmod o-rwx ${at(name)}$`, 'm'))
  }
  t.match(stdout, new RegExp(`^FAIL {2}port: ${port} on 127\\.0\\.0\\.1 is held by another program -> ss `, 'm'))
  t.match(stdout, /^FAIL {2}goods: GOODS_FILE .*goods\.yaml: /m)
  t.match(stdout, /^FAIL {2}etcd http:\/\/127\.0\.0\.1:9: it does not answer: .*ECONNREFUSED/m)
  t.notMatch(stdout, 'an-admin-token')
})

t.test('the doctor does not disturb a live server, and knows it', async (t) => {
  const server = await startServer(t)
  const { stdout, code } = await doctor(
    { ...SECRETS, DATA_DIR: server.dataDir, HTTP_PORT: String(server.port) },
    '--json',
  )
  const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: readonly Finding[] }
  t.equal(ok, code === 0)
  t.match(
    findings.find(({ check }) => check === 'port'),
    { level: 'ok', text: `${server.port} on 127.0.0.1 is held by a Drumbeat` },
  )
  t.ok((await fetch(`${server.url}/ready`)).ok)
})

t.test('a configuration that is none is said, a line for each mistake', async (t) => {
  const { stdout, code } = await doctor({ WORKERS: '0' })
  t.equal(code, 1)
  t.match(stdout, /^FAIL {2}configuration: WORKERS must be /m)
  t.match(await doctor({}, 'me'), { code: 64, stderr: /"me" is not expected here/ })
})
