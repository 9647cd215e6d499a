import { join } from 'node:path'
import t from 'tap'
import { systemClock } from '../../../src/base/clock.ts'
import { loadConfig } from '../../../src/config/load.ts'
import { checkEtcd } from '../../../src/doctor/check-etcd.ts'
import type { Finding } from '../../../src/doctor/finding.ts'
import { readEtcd } from '../../../src/doctor/read-etcd.ts'
import { makeCertificates } from '../../helpers/certificates.ts'
import { openClient } from '../../helpers/client.ts'
import { clusterEnv, startNodes } from '../../helpers/cluster.ts'
import { skipWithout, startEtcd, type TestEtcd } from '../../helpers/etcd.ts'
import { ServerProcess } from '../../helpers/server-process.ts'
import { PATIENCE_MS } from '../../helpers/patience.ts'
import type { TestServer } from '../../helpers/server.ts'
import { until } from '../../helpers/until.ts'

const PASSWORD = 'the-password-of-the-tests'

/** As docs/operate/cluster.md says it. */
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

t.test(
  'a login to an etcd that knows no users ends with 78, and the doctor finds it',
  skipWithout('3.5'),
  async (t) => {
    const etcd = await startEtcd(t)
    const env = { ...clusterEnv(etcd.endpoints), ETCD_USERNAME: 'drumbeat', ETCD_PASSWORD: PASSWORD }
    const server = new ServerProcess({ ...env, HTTP_PORT: '0', DATA_DIR: t.testdir() })
    t.equal((await server.ended).code, 78)
    t.match(server.stderr, /refuses: .*authentication is not enabled \(check ETCD_USERNAME /)
    const { settings } = loadConfig({ env })
    const facts = await readEtcd(etcd.member.endpoint, { settings, timeoutMs: PATIENCE_MS, clock: systemClock })
    t.match(checkEtcd(settings, facts), [
      { level: 'fail', text: /does not let this node in: .*authentication is not enabled/ },
    ])
  },
)

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
  t.ok(await until(isCompacted), 'and it may compact')

  const start = (env: Record<string, string>) =>
    new ServerProcess({ ...clusterEnv(etcd.endpoints), NODE_ID: 'n3', HTTP_PORT: '0', DATA_DIR: t.testdir(), ...env })
  const wrong = start({ ...login, ETCD_PASSWORD: 'another' })
  t.equal((await wrong.ended).code, 78)
  t.match(
    wrong.stderr,
    /etcd at http:\/\/127.* refuses: .*authentication failed, invalid user ID or password \(check ETCD_USERNAME and ETCD_PASSWORD, /,
  )
  const outside = start({ ...login, ETCD_PREFIX: '/elsewhere/' })
  t.equal((await outside.ended).code, 78)
  t.match(outside.stderr, /refuses: .*permission denied/)

  const asks = async (env: Record<string, string>) => {
    const { settings } = loadConfig({ env: { ...clusterEnv(etcd.endpoints), ...env } })
    return checkEtcd(
      settings,
      await readEtcd(etcd.member.endpoint, { settings, timeoutMs: PATIENCE_MS, clock: systemClock }),
    )
  }
  const isShut = ({ level, text }: Finding) => level === 'fail' && text.startsWith('it does not let this node in: ')
  t.notOk(
    (await asks(login)).some(({ level }) => level === 'fail'),
    'the doctor says so of the right password',
  )
  for (const env of [{ ...login, ETCD_PASSWORD: 'another' }, { ...login, ETCD_PREFIX: '/elsewhere/' }, {}]) {
    t.ok((await asks(env)).some(isShut), `and finds what is wrong: ${Object.values(env).join()}`)
  }
})

t.test('etcd by TLS, with a certificate of the client', skipWithout('3.5'), async (t) => {
  const folder = t.testdir()
  const files = await makeCertificates(folder)
  const etcd = await startEtcd(t, { tls: { ca: files.ca, ...files.server } })
  const tls = { ETCD_CA_FILE: files.ca, ETCD_CERT_FILE: files.client.cert, ETCD_KEY_FILE: files.client.key }
  const [node] = await startNodes(t, [etcd.secureEndpoint], { count: 1, env: { ...tls, WORKERS: '1' } })
  t.ok(node && (await works(node)))

  const others = await makeCertificates(join(folder, 'others'))
  const start = async (name: string, env: Record<string, string>) => {
    const own = { NODE_ID: 'n2', HTTP_PORT: '0', DATA_DIR: join(folder, name), ETCD_START_TIMEOUT: '1s' }
    const server = new ServerProcess({ ...clusterEnv([etcd.secureEndpoint]), ...own, ...env })
    const { code } = await server.ended
    return { code, said: server.stderr }
  }
  const ofOthers = { ETCD_CERT_FILE: others.client.cert, ETCD_KEY_FILE: others.client.key }
  const cases: readonly (readonly [name: string, env: Record<string, string>, code: number, said: RegExp])[] = [
    ['no certificate of its own', { ETCD_CA_FILE: files.ca }, 69, /it refuses .*ETCD_CERT_FILE and ETCD_KEY_FILE \(/],
    ['a certificate of others', { ...tls, ...ofOthers }, 69, /it refuses .*ETCD_CERT_FILE and ETCD_KEY_FILE \(/],
    ['another authority', { ...tls, ETCD_CA_FILE: others.ca }, 69, /its certificate is not signed by ETCD_CA_FILE \(/],
    ['no authority', { ...tls, ETCD_CA_FILE: '' }, 69, /is not signed by .*, and ETCD_CA_FILE is not set/],
    [
      'the key of others',
      { ...tls, ETCD_KEY_FILE: others.client.key },
      78,
      /^drumbeat: ETCD_KEY_FILE must be the key of/m,
    ],
    [
      'http',
      { ETCD_ENDPOINTS: etcd.secureEndpoint.replace('https', 'http') },
      69,
      /ETCD_ENDPOINTS must name it with https/,
    ],
    ['https', { ...tls, ETCD_ENDPOINTS: httpsOf(etcd) }, 69, /ETCD_ENDPOINTS must name it with http:/],
  ]
  const check = async ([name, env, code, said]: (typeof cases)[number]) => {
    const ended = await start(name, env)
    t.equal(ended.code, code, name)
    t.match(ended.said, said, name)
  }
  await Promise.all(cases.map(check))
})

/** The endpoint that has no TLS, by a scheme that it does not speak. */
function httpsOf(etcd: TestEtcd): string {
  return etcd.member.endpoint.replace('http', 'https')
}
