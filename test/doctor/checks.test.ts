/** What the doctor makes of facts that are made up. */
import t from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import type { Settings } from '../../src/config/settings.ts'
import { checkData } from '../../src/doctor/check-data.ts'
import { checkEtcd } from '../../src/doctor/check-etcd.ts'
import { checkFreeGoods } from '../../src/doctor/check-goods.ts'
import { checkHosts } from '../../src/doctor/check-hosts.ts'
import { checkMachine } from '../../src/doctor/check-machine.ts'
import { checkSecrets, type SecretFile } from '../../src/doctor/check-secrets.ts'
import { showBytes, type Finding } from '../../src/doctor/finding.ts'
import type { DataFacts } from '../../src/doctor/read-data.ts'
import type { EtcdFacts } from '../../src/doctor/read-etcd.ts'
import type { MachineFacts } from '../../src/doctor/read-machine.ts'

const GIB = 1024 ** 3
const MIB = 1024 ** 2

function settingsWith(env: Readonly<Record<string, string>> = {}): Settings {
  return loadConfig({ env: { WORKERS: '2', MEMORY_LIMIT: 'off', ...env } }).settings
}

/** Those that are not ok, as `check level`, with all that they say. */
function complaints(findings: readonly Finding[]) {
  return findings.filter(({ level }) => level !== 'ok')
}

const MACHINE: MachineFacts = {
  cpus: 2,
  memoryBytes: 8 * GIB,
  somaxconn: 4096,
  synBacklog: 4096,
  portRange: [32_768, 60_999],
  reservedPorts: '',
  conntrackMax: undefined,
  hugePages: 'madvise',
  clockSynchronised: true,
}

t.test('a machine that will do is ok in everything', async (t) => {
  t.strictSame(complaints(checkMachine(settingsWith(), MACHINE)), [])
})

t.test('what a machine lacks is said, with what mends it', async (t) => {
  const cases: readonly [Partial<MachineFacts>, Partial<Finding>, Record<string, string>?][] = [
    [{ cpus: 1 }, { check: 'workers', level: 'warn', mend: 'WORKERS=1' }],
    [
      { memoryBytes: 360 * MIB },
      { check: 'memory', level: 'fail', text: '360 MiB may be used, and 364 MiB are needed' },
    ],
    [{ memoryBytes: 364 * MIB + 8_192_000 }, { check: 'memory', mend: 'MAX_CONNECTIONS_PER_NAMESPACE=1000' }],
    [{ memoryBytes: 8 * GIB }, { check: 'memory', level: 'fail' }, { HISTORY_BYTES: '8GiB' }],
    [
      { memoryBytes: 8 * GIB },
      { check: 'memory', level: 'fail', text: '360 MiB may be used', mend: 'a larger MEMORY_LIMIT' },
      { MEMORY_LIMIT: '360MiB' },
    ],
    [{ memoryBytes: 8 * GIB }, { check: 'memory', level: 'warn', text: '1 GiB may be used' }, { MEMORY_LIMIT: '1GiB' }],
    [{ somaxconn: 511 }, { check: 'somaxconn', level: 'warn', mend: 'sysctl -w net.core.somaxconn=4096' }],
    [{ somaxconn: undefined }, { check: 'somaxconn', level: 'skip' }],
    [{ synBacklog: 128 }, { check: 'syn backlog', mend: 'sysctl -w net.ipv4.tcp_max_syn_backlog=8192' }],
    [{ portRange: [1024, 65_535] }, { check: 'port range', mend: 'sysctl -w net.ipv4.ip_local_reserved_ports=8080' }],
    [
      { portRange: [1024, 65_535], reservedPorts: '2379-2380,8081' },
      { check: 'port range', mend: 'sysctl -w net.ipv4.ip_local_reserved_ports=2379-2380,8081,8080' },
    ],
    [{}, { check: 'port range', text: 'has 28232 ports' }, { TRUSTED_PROXIES: '127.0.0.1' }],
    [{ portRange: undefined }, { check: 'port range', level: 'skip' }],
    [{ conntrackMax: 199_999 }, { check: 'conntrack', mend: 'sysctl -w net.netfilter.nf_conntrack_max=400000' }],
    [{ hugePages: 'always' }, { check: 'huge pages', level: 'warn' }],
    [{ hugePages: undefined }, { check: 'huge pages', level: 'skip' }],
    [{ clockSynchronised: false }, { check: 'clock', level: 'warn', mend: 'timedatectl set-ntp true' }],
    [{ clockSynchronised: undefined }, { check: 'clock', level: 'skip' }],
  ]
  for (const [facts, finding, env] of cases) {
    const found = complaints(checkMachine(settingsWith(env), { ...MACHINE, ...facts }))
    t.equal(found.length, 1, JSON.stringify([facts, found]))
    t.match(found, [finding])
  }
})

t.test('a machine at a bound is ok', async (t) => {
  const atBounds: readonly Partial<MachineFacts>[] = [
    { somaxconn: 512, synBacklog: 1024, conntrackMax: 200_000 },
    { portRange: [1024, 65_535], reservedPorts: '8000-8100' },
    { portRange: [8081, 65_535] },
    { hugePages: 'never' },
  ]
  for (const facts of atBounds) {
    t.strictSame(complaints(checkMachine(settingsWith(), { ...MACHINE, ...facts })), [], JSON.stringify(facts))
  }
})

t.test(
  'by which names a port is served is said, and a warning if a page of another name may be among them',
  async (t) => {
    const cases: readonly [Record<string, string>, Partial<Finding>][] = [
      [{}, { level: 'ok', text: 'gets 421, unless it is in TRUSTED_PROXIES or the name in ALLOWED_HOSTS' }],
      [{ HTTP_HOST: '0.0.0.0' }, { level: 'ok', text: 'any host name is served, because HTTP_HOST is not loopback' }],
      [{ TRUSTED_PROXIES: '127.0.0.1' }, { level: 'warn', text: 'and so to a browser on it', mend: 'ALLOWED_HOSTS=' }],
      [{ TRUSTED_PROXIES: '10.0.0.1' }, { level: 'ok', text: 'gets 421' }],
      [
        { TRUSTED_PROXIES: '127.0.0.1', ALLOWED_HOSTS: 'a.example' },
        { level: 'ok', text: 'a.example and' },
      ],
      [{ ALLOWED_HOSTS: '*' }, { level: 'warn', text: 'resolve to this machine' }],
      [{ HTTP_HOST: '0.0.0.0', ALLOWED_HOSTS: '*' }, { level: 'ok' }],
    ]
    for (const [env, finding] of cases) {
      const found = checkHosts(settingsWith(env))
      t.equal(found.length, 1)
      t.match(found, [finding], JSON.stringify(env))
    }
  },
)

t.test('a good that is free and has no limit is warned of', async (t) => {
  const good = { id: 'a', name: 'A', price: 0, currency: 'gold', stock: null, per_user_limit: null }
  const free = { ...good, sale_from: null, sale_until: null }
  t.match(checkFreeGoods([free], 'goods.yaml'), { level: 'warn', text: /^a: free and without a limit/ })
  const bounded = [
    { ...free, price: 1 },
    { ...free, stock: 5 },
    { ...free, per_user_limit: 1 },
  ]
  t.match(checkFreeGoods(bounded, 'goods.yaml'), { level: 'ok', text: '3 in goods.yaml' })
})

const DATA: DataFacts = {
  place: '/data',
  isThere: true,
  fault: undefined,
  mode: 0o40750,
  isInUse: false,
  freeBytes: 100 * GIB,
  fileSystem: 'ext4',
  syncMs: 2,
}

t.test('what is wrong with a data folder is said', async (t) => {
  const data = (facts: Partial<DataFacts>, env?: Record<string, string>) => {
    return checkData(settingsWith({ DATA_DIR: '/data', ...env }), { ...DATA, ...facts })
  }
  t.strictSame(complaints(data({})), [])
  t.match(data({ isInUse: true }), [{ text: /in use by a live Drumbeat/ }])
  const cases: readonly [Partial<DataFacts>, Partial<Finding>][] = [
    [{ fault: 'EACCES' }, { level: 'fail', text: 'DATA_DIR cannot be used: /data: EACCES' }],
    [{ mode: 0o40755 }, { level: 'warn', mend: 'chmod o-rwx /data' }],
    [{ freeBytes: GIB }, { check: 'disk', level: 'warn', text: '1 GiB are free in /data, and 1.2 GiB are advised' }],
    [{ freeBytes: 100 * MIB }, { check: 'disk', level: 'fail' }],
    [{ fileSystem: 'nfs4' }, { check: 'file system', level: 'fail' }],
    [{ fileSystem: 'tmpfs' }, { check: 'file system', level: 'warn' }],
    [{ fileSystem: 'overlay' }, { check: 'file system', level: 'warn' }],
    [{ fileSystem: undefined }, { check: 'file system', level: 'skip' }],
    [{ syncMs: 11 }, { check: 'sync', level: 'warn' }],
    [{ syncMs: undefined }, { check: 'sync', level: 'skip' }],
  ]
  for (const [facts, finding] of cases) t.match(complaints(data(facts)), [finding], JSON.stringify(facts))
  const ETCD_ENDPOINTS = 'http://127.0.0.1:2379'
  const node = { ETCD_ENDPOINTS, AUTH_JWT_SECRET: 'x'.repeat(32), ADMIN_TOKEN: 'x'.repeat(16) }
  t.strictSame(complaints(data({ fileSystem: 'tmpfs', freeBytes: 64 * MIB }, node)), [], 'a node has its state in etcd')
})

t.test('development secrets are a failure where others can connect', async (t) => {
  const said = (env?: Record<string, string>) => complaints(checkSecrets(settingsWith(env), []))
  t.match(said(), [
    { level: 'warn', mend: /^AUTH_JWT_SECRET=/ },
    { level: 'warn', mend: /^ADMIN_TOKEN=/ },
  ])
  for (const HTTP_HOST of ['localhost', '127.0.0.2', '::1']) t.match(said({ HTTP_HOST }), [{ level: 'warn' }, {}])
  for (const HTTP_HOST of ['0.0.0.0', '10.0.0.1', 'game.example', '::']) {
    t.match(said({ HTTP_HOST }), [{ level: 'fail' }, { level: 'fail' }], HTTP_HOST)
  }
  t.match(said({ ADMIN_TOKEN: 'x'.repeat(16) }), [{ mend: /^AUTH_JWT_SECRET=/ }])
  t.strictSame(said({ ADMIN_TOKEN: 'x'.repeat(16), AUTH_JWKS_URL: 'https://auth.example/keys' }), [])
})

t.test('a secret in a file is for its owner, and perhaps its group', async (t) => {
  const env = { ADMIN_TOKEN: 'x'.repeat(16), AUTH_JWT_SECRET: 'x'.repeat(32) }
  const of = (file: Partial<SecretFile>) => {
    const facts = { what: 'RECEIPT_KEY_FILE', file: '/k.pem', mode: 0o100600, fault: undefined, ...file }
    return complaints(checkSecrets(settingsWith(env), [facts]))
  }
  for (const mode of [0o100600, 0o100400, 0o100640]) t.strictSame(of({ mode }), [], mode.toString(8))
  t.match(of({ mode: 0o100644 }), [{ level: 'fail', text: /open to everybody .*\(644\)/, mend: 'chmod o-rwx /k.pem' }])
  t.match(of({ mode: 0o100602 }), [{ level: 'fail' }])
  t.match(of({ mode: 0o100660 }), [{ level: 'warn', mend: 'chmod g-w /k.pem' }])
  t.match(of({ mode: undefined, fault: 'ENOENT' }), [{ level: 'fail', text: /cannot be read: ENOENT/ }])
})

const ETCD: EtcdFacts = {
  endpoint: 'http://e:2379',
  fault: undefined,
  isFaultOfTls: false,
  version: '3.5.16',
  latencyMs: 1,
  sick: undefined,
  shut: undefined,
  quotaBytes: 4 * GIB,
  sizeBytes: GIB,
  syncMs: 2,
  skewMs: 400,
  skewWithinMs: 500,
}

t.test('what is wrong with an etcd is said', async (t) => {
  const said = (facts: Partial<EtcdFacts>) => checkEtcd(settingsWith(), { ...ETCD, ...facts })
  t.strictSame(said({}), [
    { check: 'etcd http://e:2379', level: 'ok', text: '3.5.16, answers within 1.0 ms, 1 GiB of 4 GiB' },
  ])
  const cases: readonly [Partial<EtcdFacts>, Partial<Finding>][] = [
    [{ fault: 'ECONNREFUSED' }, { level: 'fail', text: 'it does not answer: ECONNREFUSED', mend: '^start it' }],
    [
      { fault: 'its certificate is not valid', isFaultOfTls: true },
      { level: 'fail', mend: '^mend that setting' },
    ],
    [{ version: '3.4.23' }, { level: 'warn', text: '3.4.23 is past its end of life' }],
    [{ version: '3.3.25' }, { level: 'fail', text: '3.3.25 is too old' }],
    [{ version: '2.9.0' }, { level: 'fail' }],
    [{ version: undefined }, { level: 'fail', text: 'it does not say its version' }],
    [{ sick: 'ALARM NOSPACE' }, { level: 'fail', mend: 'etcdctl --endpoints=http://e:2379 defrag && .*alarm disarm' }],
    [
      { shut: 'etcdserver: permission denied' },
      { level: 'fail', text: 'it does not let this node in: etcdserver: permission denied', mend: 'ETCD_USERNAME' },
    ],
    [{ sick: 'RAFT NO LEADER' }, { level: 'fail', text: 'it does not serve: RAFT NO LEADER' }],
    [
      { quotaBytes: GIB, sizeBytes: 1 },
      { level: 'warn', text: 'its quota is 1 GiB, and LOG_RETENTION_BYTES wants 1.5 GiB' },
    ],
    [{ sizeBytes: 3.5 * GIB }, { level: 'warn', mend: 'etcd --quota-backend-bytes=8589934592' }],
    [{ latencyMs: 11 }, { level: 'warn', text: 'it answers within 11.0 ms, and each commit waits for that' }],
    [{ syncMs: 20 }, { level: 'warn', text: /20\.0 ms for a sync/ as unknown as string }],
    [{ skewMs: 1600 }, { level: 'warn', text: "its clock is 1.6 s ahead of this machine's" }],
    [{ skewMs: -5000 }, { level: 'warn', text: "its clock is 5.0 s behind this machine's" }],
  ]
  for (const [facts, { mend, ...finding }] of cases) {
    const found = said(facts)
    t.equal(found.length, 1, JSON.stringify(found))
    t.match(found, [{ ...finding, ...(mend === undefined ? {} : { mend: new RegExp(mend) }) }])
  }
  for (const fine of [
    { version: '3.6.0' },
    { version: '4.0.1' },
    { skewMs: 1499 },
    { skewMs: undefined },
    { syncMs: undefined },
  ]) {
    t.match(said(fine), [{ level: 'ok' }], JSON.stringify(fine))
  }
  t.match(said({ quotaBytes: undefined, sizeBytes: undefined }), [{ text: '3.5.16, answers within 1.0 ms' }])
  t.equal(said({ version: '3.4.1', sick: 'x', latencyMs: 50 }).length, 3, 'all of it')
})

t.test('bytes are shown in their unit', async (t) => {
  const shown = [0, 1, 1023, 1024, 1536, 5 * MIB, 3 * GIB, 4096 * GIB].map(showBytes)
  t.strictSame(shown, ['0 B', '1 B', '1023 B', '1 KiB', '1.5 KiB', '5 MiB', '3 GiB', '4 TiB'])
})
