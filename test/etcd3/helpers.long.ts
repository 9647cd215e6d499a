import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { skipWithout, startEtcd } from '../helpers/etcd.ts'
import { startProxy } from '../helpers/tcp-proxy.ts'
import { holdsWithin, until } from '../helpers/until.ts'

const ETCD = new URL('../helpers/etcd.ts', import.meta.url).href

t.jobs = 2

for (const version of ['3.4', '3.5'] as const) {
  t.test(
    `etcd ${version} starts, is of that version, and keeps its data over a kill`,
    skipWithout(version),
    async (t) => {
      const etcd = await startEtcd(t, { version })
      const { version: said } = await getJson(`${etcd.member.endpoint}/version`, 'etcdserver')
      t.ok(said.startsWith(`${version}.`), said)
      await etcd.etcdctl('put', 'a', '1')
      const { pid } = etcd.member
      await etcd.member.restart()
      t.not(etcd.member.pid, pid)
      t.equal(await etcd.etcdctl('get', 'a', '--print-value-only'), '1\n')
      await t.rejects(etcd.etcdctl('no-such-command'))
    },
  )
}

t.test(
  'of three members one leads; when it is stopped another one does, until all are back',
  skipWithout('3.5'),
  async (t) => {
    const etcd = await startEtcd(t, { members: 3 })
    t.equal(new Set(etcd.endpoints).size, 3)
    const first = await etcd.leader()
    first.stop()
    t.notOk(await first.isHealthy())
    const second = await etcd.leader()
    t.not(second, first)
    first.cont()
    t.ok(await until(() => first.isHealthy()))
    await first.kill()
    t.throws(() => first.pid, 'it is gone')
    await first.restart()
    t.equal(await etcd.leader(), second)
  },
)

t.test(
  'etcd is gone when the process that started it is killed, even if it was stopped',
  skipWithout('3.5'),
  async (t) => {
    const script = `import { startEtcd } from '${ETCD}'
    const { member } = await startEtcd({ teardown() {} }, { args: ['--unsafe-no-fsync'] })
    member.stop()
    console.log(member.pid)
    setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      // It has no time to remove its folder.
      env: { ...process.env, TMPDIR: t.testdir() },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    const pid = line.toString().trim()
    t.ok(existsSync(`/proc/${pid}`))
    child.kill('SIGKILL')
    t.ok(await until(() => !existsSync(`/proc/${pid}`)))
  },
)

/** A server that answers each chunk with `got: CHUNK`, and a proxy before it. */
async function startEcho(t: Test) {
  const received: string[] = []
  const server = createServer((socket) => {
    socket.on('error', () => {}) // cut by the proxy
    socket.on('data', (chunk) => {
      received.push(chunk.toString())
      socket.write(`got: ${chunk.toString()}`)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy = await startProxy(t, (server.address() as AddressInfo).port)
  t.teardown(() => server.close())
  const open = () => {
    const client = { socket: connect(proxy.port, '127.0.0.1'), text: '', isClosed: false }
    client.socket.on('data', (chunk) => (client.text += chunk.toString()))
    client.socket.on('error', () => {}) // a cut is one
    client.socket.on('close', () => (client.isClosed = true))
    t.teardown(() => client.socket.destroy())
    return client
  }
  return { proxy, received, open }
}

t.test('the proxy passes bytes both ways, and holds and lets them go', async (t) => {
  const { proxy, received, open } = await startEcho(t)
  const client = open()
  client.socket.write('one')
  t.ok(await until(() => client.text === 'got: one'))
  proxy.pause()
  client.socket.write('two')
  const late = open()
  late.socket.write('three')
  t.notOk(await holdsWithin(() => received.length > 1 || client.text !== 'got: one', 100))
  proxy.resume()
  t.ok(await until(() => client.text === 'got: onegot: two' && late.text === 'got: three'))
  t.equal(proxy.connectionCount, 2)
})

t.test('the proxy cuts all connections, and refuses new ones only', async (t) => {
  const { proxy, open } = await startEcho(t)
  const clients = [open(), open()]
  t.ok(await until(() => proxy.connectionCount === 2))
  proxy.cutAll()
  t.ok(await until(() => clients.every(({ isClosed }) => isClosed) && proxy.connectionCount === 0))
  const stays = open()
  t.ok(await until(() => proxy.connectionCount === 1))
  proxy.refuse(true)
  const refused = open()
  t.ok(await until(() => refused.isClosed))
  stays.socket.write('one')
  t.ok(await until(() => stays.text === 'got: one'))
  proxy.refuse(false)
  const accepted = open()
  accepted.socket.write('two')
  t.ok(await until(() => accepted.text === 'got: two'))
})

t.test('the proxy cuts a connection with what was just sent forwarded, or lost', async (t) => {
  const { proxy, received, open } = await startEcho(t)
  proxy.onClientBytes = (chunk, connection) => {
    if (chunk.includes('cut')) connection.cut(chunk.includes('after'))
  }
  const before = open()
  before.socket.write('cut before')
  t.ok(await until(() => before.isClosed))
  const after = open()
  after.socket.write('cut after')
  t.ok(await until(() => after.isClosed && received.length > 0))
  t.strictSame(received, ['cut after'])
  t.equal(before.text + after.text, '', 'and no answer comes back')
})

async function getJson(url: string, key: string): Promise<{ readonly version: string }> {
  const answer = (await (await fetch(url)).json()) as Record<string, string>
  return { version: answer[key] ?? '' }
}
