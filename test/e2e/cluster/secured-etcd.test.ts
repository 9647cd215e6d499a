import { join } from 'node:path'
import t from 'tap'
import { makeCertificates } from '../../helpers/certificates.ts'
import { openClient } from '../../helpers/client.ts'
import { clusterEnv, startNodes } from '../../helpers/cluster.ts'
import { skipWithout, startEtcd, type TestEtcd } from '../../helpers/etcd.ts'
import { ServerProcess } from '../../helpers/server-process.ts'
import type { TestServer } from '../../helpers/server.ts'
import { until } from '../../helpers/until.ts'

const PASSWORD = 'the-password-of-the-tests'

/** As the README says it. */
async function restrict(etcd: TestEtcd): Promise<void> {
  await etcd.etcdctl('user', 'add', 'root:of-the-tests')
  await etcd.etcdctl('user', 'grant-role', 'root', 'root')
  await etcd.etcdctl('role', 'add', 'drumbeat')
  await etcd.etcdctl('role', 'grant-permission', 'drumbeat', '--prefix=true', 'readwrite', '/drumbeat/')
  await etcd.etcdctl('user', 'add', `drumbeat:${PASSWORD}`)
  await etcd.etcdctl('user', 'grant-role', 'drumbeat', 'drumbeat')
  await etcd.etcdctl('auth', 'enable')
}

async function works(node: TestServer): Promise<boolean> {
  const client = await openClient(node, { token: node.mint('alice') })
  const reply = await client.request('core.game.state.broadcast', { message: 1, retain: true })
  const event = await client.next(({ eventType }) => eventType === 'core.game.state.broadcast')
  client.terminate()
  return reply.success && event['offset'] === reply.data?.['offset']
}

t.test('a node may be given no more than its prefix', skipWithout('3.5'), async (t) => {
  const etcd = await startEtcd(t)
  await restrict(etcd)
  const login = { ETCD_USERNAME: 'drumbeat', ETCD_PASSWORD: PASSWORD }
  const fast = { LOG_RETENTION: '1s', HISTORY_TTL: '1s', WORKERS: '1' }
  const [one, two] = (await startNodes(t, etcd.endpoints, { count: 2, env: { ...login, ...fast } })) as [
    TestServer,
    TestServer,
  ]
  t.ok(await works(one))
  t.ok(await works(two))
  const isCompacted = () =>
    etcd.etcdctl('--user=root:of-the-tests', 'get', '/drumbeat/epoch', '--rev=3').then(
      () => false,
      (error: unknown) => String(error).includes('compacted'),
    )
  t.ok(await until(isCompacted, 10_000), 'and it may compact')

  const start = (env: Record<string, string>) =>
    new ServerProcess({ ...clusterEnv(etcd.endpoints), NODE_ID: 'n3', HTTP_PORT: '0', DATA_DIR: t.testdir(), ...env })
  const wrong = start({ ...login, ETCD_PASSWORD: 'another' })
  t.equal((await wrong.ended).code, 78)
  t.match(wrong.stderr, /etcd at http:\/\/127.* refuses: .*authentication failed, invalid user ID or password/)
  const outside = start({ ...login, ETCD_PREFIX: '/elsewhere/' })
  t.equal((await outside.ended).code, 78)
  t.match(outside.stderr, /refuses: .*permission denied/)
})

t.test('etcd by TLS, with a certificate of the client', skipWithout('3.5'), async (t) => {
  const folder = t.testdir()
  const files = await makeCertificates(folder)
  const etcd = await startEtcd(t, { tls: { ca: files.ca, ...files.server } })
  const tls = { ETCD_CA_FILE: files.ca, ETCD_CERT_FILE: files.client.cert, ETCD_KEY_FILE: files.client.key }
  const [node] = await startNodes(t, [etcd.secureEndpoint], { count: 1, env: { ...tls, WORKERS: '1' } })
  t.ok(node && (await works(node)))

  const start = (env: Record<string, string>) => {
    const base = { ...clusterEnv([etcd.secureEndpoint]), NODE_ID: 'n2', HTTP_PORT: '0', DATA_DIR: join(folder, 'n2') }
    return new ServerProcess({ ...base, ETCD_START_TIMEOUT: '2s', ...env })
  }
  const stranger = start({ ETCD_CA_FILE: files.ca })
  t.equal((await stranger.ended).code, 69, 'without a certificate of its own')
  const suspicious = start({ ETCD_CERT_FILE: files.client.cert, ETCD_KEY_FILE: files.client.key })
  t.equal((await suspicious.ended).code, 69, 'without the authority of etcd')
  t.match(suspicious.stderr, /certificate/)
})
