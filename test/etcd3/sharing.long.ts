import { ClientClosedError, type Etcd3 } from 'etcd3'
import t, { type Test } from 'tap'
import { skipWithout, startEtcd } from '../helpers/etcd.ts'
import { startProxy } from '../helpers/tcp-proxy.ts'
import { realTime } from '../helpers/real-time.ts'
import { until } from '../helpers/until.ts'
import { errorOf, FAST, openClient, putting, timesPut } from './support.ts'

/** What the calls and streams of one client have to do with each other. */

const OWN_CONNECTIONS = { grpcOptions: { 'grpc.use_local_subchannel_pool': 1 } }

async function start(t: Test) {
  const etcd = await startEtcd(t, FAST)
  return { direct: openClient(t, etcd.member), proxy: await startProxy(t, etcd.member.port) }
}

/** A watch on `watched` and a keepalive stream, with what they say written down. */
async function openStreams(t: Test, client: Etcd3) {
  const said: string[] = []
  const watch = await client.watchClient.watch()
  watch.on('data', ({ created, events }) => said.push(created ? 'watching' : `${events.length} event`))
  const keepalive = await client.leaseClient.leaseKeepAlive()
  keepalive.on('data', ({ TTL }) => said.push(`TTL ${TTL}`))
  for (const stream of [watch, keepalive]) {
    stream.on('error', ({ message }) => said.push(message))
    stream.on('end', () => said.push('end'))
    t.teardown(() => stream.cancel())
  }
  watch.write({ create_request: { key: Buffer.from('watched') } })
  await until(() => said.length > 0)
  return { said, watch, keepalive }
}

t.test(
  'all services of all clients of a process share one connection, unless each has a pool of its own',
  skipWithout('3.5'),
  async (t) => {
    const { proxy } = await start(t)
    const open = async (options: object) => {
      for (const client of [openClient(t, proxy, options), openClient(t, proxy, options)]) {
        await client.kv.txn(putting('a'))
        await openStreams(t, client)
      }
    }
    await open({})
    t.equal(proxy.connectionCount, 1)
    await open(OWN_CONNECTIONS)
    t.ok(await until(() => proxy.connectionCount === 1 + 2 * 3))
  },
)

for (const [how, options] of [
  ['on one connection', {}],
  ['on connections of their own', OWN_CONNECTIONS],
] as const) {
  t.test(
    `calls and streams that run go on when another call of the client fails: ${how}`,
    skipWithout('3.5'),
    async (t) => {
      const { proxy, direct } = await start(t)
      const client = openClient(t, proxy, options)
      await client.kv.txn(putting('a'))
      const { said, keepalive } = await openStreams(t, client)
      proxy.pause()
      const running = client.kv.txn(putting('running'))
      t.match(await errorOf(client.kv.txn(putting('a'), { deadline: Date.now() + 200 })), {
        message: 'DEADLINE_EXCEEDED',
      })
      const later = client.kv.txn(putting('running'))
      proxy.resume()
      await Promise.all([running, later])
      t.equal(await timesPut(direct, 'running'), 2)
      await direct.kv.txn(putting('watched'))
      t.ok(await until(() => said.length === 2))
      keepalive.write({ ID: '1' })
      t.ok(await until(() => said.length === 3))
      t.strictSame(said, ['watching', '1 event', 'TTL 0'])
    },
  )
}

t.test(
  'a client that is closed takes no calls, but its streams go on until they are cancelled',
  skipWithout('3.5'),
  async (t) => {
    const { proxy, direct } = await start(t)
    const client = openClient(t, proxy)
    const { said, watch, keepalive } = await openStreams(t, client)
    client.close()
    t.ok((await errorOf(client.kv.txn(putting('a')))) instanceof ClientClosedError)
    await direct.kv.txn(putting('watched'))
    t.ok(await until(() => said.length === 2))
    t.strictSame(said, ['watching', '1 event'])
    t.equal(proxy.connectionCount, 1)
    watch.cancel()
    keepalive.cancel()
    t.ok(await until(() => proxy.connectionCount === 0), 'the connection ends with the last stream')
  },
)

t.test('no stream says that its connection is silent', skipWithout('3.5'), async (t) => {
  const { proxy, direct } = await start(t)
  const { said } = await openStreams(t, openClient(t, proxy))
  proxy.pause()
  await direct.kv.txn(putting('watched'))
  await realTime(3000)
  t.strictSame(said, ['watching'])
})
