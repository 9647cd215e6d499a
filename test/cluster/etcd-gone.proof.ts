import t from 'tap'
import { openClient } from '../helpers/client.ts'
import { clusterEnv, startNodes } from '../helpers/cluster.ts'
import { skipWithout, startEtcd } from '../helpers/etcd.ts'
import { ServerProcess } from '../helpers/server-process.ts'
import type { TestServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'

const BROADCAST = 'core.game.state.broadcast'
const GONE = ['UNAVAILABLE', 'OUTCOME_UNKNOWN']

async function timed<T>(promise: Promise<T>): Promise<{ result: T; tookMs: number }> {
  const startedMs = performance.now()
  const result = await promise
  return { result, tookMs: performance.now() - startedMs }
}

for (const how of ['frozen', 'killed'] as const) {
  t.test(
    `etcd ${how}: it is said within 2 s, sockets stay, and all works again by itself`,
    skipWithout('3.5'),
    async (t) => {
      const { endpoints, member } = await startEtcd(t)
      const [one, two] = (await startNodes(t, endpoints, { count: 2, env: { WORKERS: '1' } })) as [
        TestServer,
        TestServer,
      ]
      const alice = await openClient(one, { token: one.mint('alice') })
      const bob = await openClient(two, { token: two.mint('bob') })
      t.teardown(() => [alice, bob].forEach((client) => client.terminate()))
      t.ok((await alice.request(BROADCAST, { message: 'before' })).success)
      if (how === 'frozen') member.stop()
      else await member.kill()

      for (let i = 0; i < 3; i++) {
        const { result, tookMs } = await timed(alice.request(BROADCAST, { message: i }))
        t.ok(GONE.includes(String(result.error?.code)), String(result.error?.code))
        t.ok(tookMs < 2_200, `${Math.round(tookMs)} ms`)
      }
      const buy = { good_id: 'sword', count: 1, idempotency_key: 'a-key-of-sixteen-characters' }
      const { result, tookMs } = await timed(alice.request('core.game.state.buy_good', buy))
      t.ok(GONE.includes(String(result.error?.code)), String(result.error?.code))
      t.ok(tookMs < 2_200, `${Math.round(tookMs)} ms`)
      const ready = await fetch(`${one.url}/ready`)
      t.equal(ready.status, 503)
      t.match(await ready.text(), /"part":"store","ok":false,"reason":"[^"]*etcd/)
      t.equal((await fetch(`${one.url}/health`)).status, 200)
      const list = await alice.request('core.game.presence.list', {})
      t.match(list, { success: true, data: { total: 2 } }, 'what is in memory is answered')
      await new Promise((resolve) => setTimeout(resolve, 4_000)) // past the TTL
      t.notOk(alice.isClosed)
      t.notOk(bob.isClosed)

      if (how === 'frozen') member.cont()
      else await member.restart()
      const backMs = performance.now()
      t.ok(await until(async () => (await alice.request(BROADCAST, { message: 'again' })).success, 8_000))
      t.comment(`works again after ${Math.round(performance.now() - backMs)} ms`)
      t.ok(await until(() => bob.events.some(({ payload }) => payload?.['message'] === 'again'), 8_000))
      t.ok(await until(async () => (await fetch(`${one.url}/ready`)).status === 200, 5_000))
      const total = async () => (await alice.request('core.game.presence.list', {})).data?.['total']
      t.ok(await until(async () => (await total()) === 2, 3_000), 'both are seen again')
      // The other node comes back in its own time.
      const tell = () => bob.request('core.game.state.send_message', { target_user_id: 'alice', text: 'hi' })
      t.ok(await until(async () => (await tell()).success, 8_000))
    },
  )
}

t.test('etcd that cannot be reached at the start ends with 69', async (t) => {
  const env = { ...clusterEnv(['http://127.0.0.1:9']), ETCD_START_TIMEOUT: '1s', HTTP_PORT: '0', DATA_DIR: t.testdir() }
  const server = new ServerProcess(env)
  const { code, tookMs } = await server.ended
  t.equal(code, 69)
  t.match(server.stderr, /none of http:\/\/127\.0\.0\.1:9 answered in time: .*ECONNREFUSED/)
  t.ok(tookMs < 4_000)
})

t.test('data of a newer version ends with 78 and is left alone', skipWithout('3.5'), async (t) => {
  const etcd = await startEtcd(t)
  await etcd.etcdctl('put', '/drumbeat/epoch', 'e')
  await etcd.etcdctl('put', '/drumbeat/schema', '2')
  const server = new ServerProcess({ ...clusterEnv(etcd.endpoints), HTTP_PORT: '0', DATA_DIR: t.testdir() })
  const { code } = await server.ended
  t.equal(code, 78)
  t.match(server.stderr, /the data is of schema 2, this version reads up to 1: update Drumbeat/)
  t.equal((await etcd.etcdctl('get', '/drumbeat/', '--prefix', '--keys-only')).split('\n').filter(Boolean).length, 2)
})
