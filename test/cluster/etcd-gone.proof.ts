import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { openClient, type Reply, type TestClient } from '../helpers/client.ts'
import { clusterEnv, startNodes } from '../helpers/cluster.ts'
import { skipWithout, startEtcd } from '../helpers/etcd.ts'
import { ServerProcess } from '../helpers/server-process.ts'
import type { TestServer } from '../helpers/server.ts'
import { holdsWithin } from '../helpers/until.ts'
import { percentile } from '../helpers/percentile.ts'

const BROADCAST = 'core.game.state.broadcast'
const BUY = 'core.game.state.buy_good'
const REQUESTS = [
  [BROADCAST, { message: 'all' }],
  [BROADCAST, { message: 'all', retain: true }],
  ['core.game.state.send_message', { target_user_id: 'player-1', text: 'hi' }],
  [BUY, { good_id: 'sword', count: 1 }],
  ['core.game.room.join', { room_id: 'arena' }],
  ['core.game.state.get', {}],
] as const
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
      t.ok(await holdsWithin(async () => (await alice.request(BROADCAST, { message: 'again' })).success, 8_000))
      t.comment(`works again after ${Math.round(performance.now() - backMs)} ms`)
      t.ok(await holdsWithin(() => bob.events.some(({ payload }) => payload?.['message'] === 'again'), 8_000))
      t.ok(await holdsWithin(async () => (await fetch(`${one.url}/ready`)).status === 200, 5_000))
      const total = async () => (await alice.request('core.game.presence.list', {})).data?.['total']
      t.ok(await holdsWithin(async () => (await total()) === 2, 3_000), 'both are seen again')
      // The other node comes back in its own time.
      const tell = () => bob.request('core.game.state.send_message', { target_user_id: 'alice', text: 'hi' })
      t.ok(await holdsWithin(async () => (await tell()).success, 8_000))
    },
  )
}

/** As many as a frozen etcd keeps waiting: each client sends once a period, whatever became of what it sent before. */
const CLIENTS = 200
const WRITES_PER_S = 300
const FROZEN_MS = 8_000
const ANSWERED_MS_MAX = 2_200

t.test(
  `${WRITES_PER_S} writes a second of ${CLIENTS} clients are answered within 2.2 s while etcd is frozen`,
  skipWithout('3.5'),
  async (t) => {
    const { endpoints, member } = await startEtcd(t)
    // The proof is about the store: nothing is refused for its rate.
    const env = { WORKERS: '1', NODE_TTL: '10s' }
    const [node] = (await startNodes(t, endpoints, { count: 1, env })) as [TestServer]
    const clients: TestClient[] = []
    for (let i = 0; i < CLIENTS; i++) clients.push(await openClient(node, { token: node.mint(`player-${i}`) }))
    t.teardown(() => clients.forEach((client) => client.terminate()))
    await Promise.all(clients.map((client) => client.request('core.game.room.join', { room_id: client.userId })))
    const answers: Promise<{ result: Reply; tookMs: number; eventType: string }>[] = []
    let sent = 0
    const send = () => {
      const client = clients[sent % CLIENTS] as TestClient
      const [eventType, payload] = REQUESTS[sent % REQUESTS.length] as (typeof REQUESTS)[number]
      const filled = eventType === BUY ? { ...payload, idempotency_key: `key-of-the-proof-${sent}` } : payload
      answers.push(timed(client.request(eventType, filled)).then((answer) => ({ ...answer, eventType })))
      sent++
    }
    const timer = setInterval(send, 1000 / WRITES_PER_S)
    await sleep(1_000)
    member.stop()
    await sleep(FROZEN_MS)
    clearInterval(timer)
    const all = await Promise.all(answers)
    member.cont()
    for (const [type] of REQUESTS) {
      const refused = all.filter(({ result, eventType }) => !result.success && eventType === type)
      const took = refused.map(({ tookMs }) => tookMs)
      const codes = new Map<string, number>()
      for (const { result } of refused)
        codes.set(String(result.error?.code), (codes.get(String(result.error?.code)) ?? 0) + 1)
      const [half, most] = [percentile(took, 0.5), Math.max(...took)].map(Math.round)
      t.comment(`${type}: ${refused.length} refused, p50 ${half} ms, p100 ${most} ms, ${JSON.stringify([...codes])}`)
      t.ok(refused.length > 0 && Math.max(...took) <= ANSWERED_MS_MAX, `${type} is answered in time`)
    }
    t.ok(all.filter(({ result }) => result.success).length > 0, 'before it all went well')
  },
)

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
