/** How facts are read: of this machine, of made-up ones, and of what speaks like etcd. */
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { systemClock as clock } from '../../src/base/clock.ts'
import { fileSystemOf, readData } from '../../src/doctor/read-data.ts'
import { parseMetrics, readEtcd } from '../../src/doctor/read-etcd.ts'
import { readMachine } from '../../src/doctor/read-machine.ts'
import { makeCertificates, type Certificates } from '../helpers/certificates.ts'
import { PATIENCE_MS } from '../helpers/patience.ts'
import { startServer } from '../helpers/server.ts'

t.test('this machine is read', async (t) => {
  const facts = await readMachine()
  t.ok(facts.cpus > 0)
  t.ok(facts.memoryBytes > 0)
})

t.test('a machine is read from its /proc and /sys, and what is absent or strange is not known', async (t) => {
  const root = t.testdir({
    proc: {
      sys: {
        net: {
          core: { somaxconn: '128\n' },
          ipv4: {
            tcp_max_syn_backlog: '256\n',
            ip_local_port_range: '32768\t60999\n',
            ip_local_reserved_ports: '8080,9000-9010\n',
          },
          netfilter: { nf_conntrack_max: '65536\n' },
        },
      },
    },
    sys: { kernel: { mm: { transparent_hugepage: { enabled: '[always] madvise never\n' } } } },
  })
  t.match(await readMachine(root), {
    somaxconn: 128,
    synBacklog: 256,
    portRange: [32_768, 60_999],
    reservedPorts: '8080,9000-9010',
    conntrackMax: 65_536,
    hugePages: 'always',
  })
  const strange = path.join(t.testdir({ proc: { sys: { net: { core: { somaxconn: 'many\n' } } } } }))
  const { somaxconn, synBacklog, portRange, reservedPorts, conntrackMax, hugePages } = await readMachine(strange)
  t.strictSame(
    { somaxconn, synBacklog, portRange, reservedPorts, conntrackMax, hugePages },
    {
      somaxconn: undefined,
      synBacklog: undefined,
      portRange: undefined,
      reservedPorts: '',
      conntrackMax: undefined,
      hugePages: undefined,
    },
  )
})

t.test('a data folder is looked at and left as it was', async (t) => {
  const folder = t.testdir({ data: { a: '' }, file: '' })
  const there = await readData(path.join(folder, 'data'), clock)
  t.match(there, { isThere: true, fault: undefined, isInUse: false, place: path.join(folder, 'data') })
  t.ok(there.freeBytes > 0 && (there.syncMs ?? -1) >= 0)
  t.strictSame(readdirSync(path.join(folder, 'data')), ['a'])

  const absent = await readData(path.join(folder, 'x/y'), clock)
  t.match(absent, { isThere: false, fault: undefined, place: folder, syncMs: undefined })
  t.notOk(existsSync(path.join(folder, 'x')))
  t.match(await readData(path.join(folder, 'file/x'), clock), { isThere: false, fault: 'it is no folder' })
})

t.test('the folder of a live server is seen as in use', async (t) => {
  const server = await startServer(t, { WORKERS: '1' })
  t.equal((await readData(server.dataDir, clock)).isInUse, true)
})

t.test('the file system of a folder is that of the mount next above it', async (t) => {
  const mounts = [
    '22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw',
    '23 22 0:20 / /var/lib rw - nfs4 host:/x rw',
    '24 23 0:21 / /var/lib/drum\\040beat rw master:2 - xfs /dev/sdb rw',
    '25 22 0:22 / /data rw - overlay overlay rw',
    '26 25 0:23 / /data rw - tmpfs tmpfs rw',
    '',
  ].join('\n')
  const cases = {
    '/': 'ext4',
    '/var/library': 'ext4',
    '/var/lib/x': 'nfs4',
    '/var/lib/drum beat/x': 'xfs',
    '/data': 'tmpfs',
  }
  for (const [folder, kind] of Object.entries(cases)) t.equal(fileSystemOf(folder, mounts), kind, folder)
  t.equal(fileSystemOf('/', ''), undefined)
})

const METRICS = `# TYPE etcd_server_quota_backend_bytes gauge
etcd_server_quota_backend_bytes 2.147483648e+09
etcd_mvcc_db_total_size_in_bytes 20480
etcd_disk_wal_fsync_duration_seconds_bucket{le="0.001"} 3
etcd_disk_wal_fsync_duration_seconds_sum 0.5
etcd_disk_wal_fsync_duration_seconds_count 100
`

const absent: RequestListener = (_, response) => void response.writeHead(404).end('404 page not found')

/** Speaks HTTP as the port of etcd's clients does; what it says can be changed. */
async function standIn(
  t: Test,
  answers: Readonly<Record<string, RequestListener>> = {},
  tls?: Certificates,
): Promise<string> {
  const said: Readonly<Record<string, RequestListener>> = {
    '/version': (_, response) => void response.end('{"etcdserver":"3.5.16","etcdcluster":"3.5.0"}'),
    '/health': (_, response) => void response.end('{"health":"true","reason":""}'),
    '/metrics': (_, response) => void response.end(METRICS),
    ...answers,
  }
  const listener: RequestListener = (request, response) => (said[request.url ?? ''] ?? absent)(request, response)
  const pem = (file: string) => readFileSync(file, 'utf8')
  const server = tls
    ? createTlsServer(
        { cert: pem(tls.server.cert), key: pem(tls.server.key), ca: pem(tls.ca), requestCert: true },
        listener,
      )
    : createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const read = (endpoint: string, timeoutMs = PATIENCE_MS) => readEtcd(endpoint, { settings: NO_FILES, timeoutMs, clock })
const NO_LOGIN = { ETCD_USERNAME: undefined, ETCD_PASSWORD: undefined, ETCD_PREFIX: '/drumbeat/' }
const NO_FILES = { ...NO_LOGIN, ETCD_CA_FILE: undefined, ETCD_CERT_FILE: undefined, ETCD_KEY_FILE: undefined }

t.test('an etcd is read: version, health, quota, disk and clock', async (t) => {
  const facts = await read(await standIn(t))
  t.match(facts, {
    fault: undefined,
    version: '3.5.16',
    sick: undefined,
    quotaBytes: 2_147_483_648,
    sizeBytes: 20_480,
    syncMs: 5,
  })
  t.ok(Math.abs(facts.skewMs ?? Infinity) <= facts.skewWithinMs, 'the clock is the same one')
})

t.test('an alarm, another clock and unknown metrics are read', async (t) => {
  const endpoint = await standIn(t, {
    '/version': (_, response) => {
      response.setHeader('date', new Date(Date.now() + 60_000).toUTCString()).end('{"etcdserver":"3.5.16"}')
    },
    '/health': (_, response) => void response.writeHead(503).end('{"health":"false","reason":"ALARM NOSPACE"}'),
    '/metrics': (_, response) => void response.writeHead(404).end('404 page not found'),
  })
  const facts = await read(endpoint)
  t.match(facts, { sick: 'ALARM NOSPACE', quotaBytes: undefined, sizeBytes: undefined, syncMs: undefined })
  t.ok(Math.abs((facts.skewMs ?? 0) - 60_000) <= facts.skewWithinMs + 1000, `${facts.skewMs}`)
  const older = await standIn(t, { '/health': (_, response) => void response.writeHead(503).end('{"health":"false"}') })
  t.match(await read(older), { sick: 'it has no quorum, or an alarm' })
})

t.test('an etcd that wants a certificate gets it, and one of another authority is not believed', async (t) => {
  const tls = await makeCertificates(t.testdir({}))
  const endpoint = await standIn(t, {}, tls)
  const files = { ...NO_LOGIN, ETCD_CA_FILE: tls.ca, ETCD_CERT_FILE: tls.client.cert, ETCD_KEY_FILE: tls.client.key }
  t.match(await readEtcd(endpoint, { settings: files, timeoutMs: PATIENCE_MS, clock }), {
    fault: undefined,
    version: '3.5.16',
  })
  t.match(
    await readEtcd(endpoint, { settings: { ...files, ETCD_CA_FILE: undefined }, timeoutMs: PATIENCE_MS, clock }),
    {
      fault: /not signed by an authority that Node knows, and ETCD_CA_FILE is not set/,
      isFaultOfTls: true,
    },
  )
  const { ETCD_CA_FILE } = files
  t.match(await readEtcd(endpoint, { settings: { ...NO_FILES, ETCD_CA_FILE }, timeoutMs: PATIENCE_MS, clock }), {
    fault: /./,
  })
})

t.test('what is no etcd, or does not answer, is a fault', async (t) => {
  t.match(await read('http://127.0.0.1:9'), { fault: /ECONNREFUSED/, isFaultOfTls: false })
  t.match(await read(await standIn(t, { '/version': () => {} }), 300), { fault: 'no answer within 300 ms' })
  t.match(await read(await standIn(t, { '/version': (_, response) => void response.end('<html>') })), { fault: /JSON/ })
  const cut = await standIn(t, { '/metrics': (request) => void request.socket.destroy() })
  t.match(await read(cut), { fault: /socket hang up|ECONNRESET/ })
  const files = { ...NO_FILES, ETCD_CA_FILE: '/nowhere.pem' }
  t.match(await readEtcd('https://127.0.0.1:9', { settings: files, timeoutMs: 300, clock }), { fault: /ENOENT/ })
})

t.test('metrics without a sync have no mean', async (t) => {
  t.strictSame(parseMetrics('etcd_disk_wal_fsync_duration_seconds_count 0\n'), {
    quotaBytes: undefined,
    sizeBytes: undefined,
    syncMs: undefined,
  })
})
