import t, { type Test } from 'tap'
import { openClient, type TestClient } from '../../helpers/client.ts'
import { startNodes } from '../../helpers/cluster.ts'
import { skipWithout, startEtcd } from '../../helpers/etcd.ts'
import { promisedMs } from '../../helpers/promised.ts'
import type { TestServer } from '../../helpers/server.ts'
import { until } from '../../helpers/until.ts'

const LIST = 'core.game.presence.list'
const IDLE_MS = 8_000

interface ConnectionList {
  readonly items: readonly { readonly connection_id: string; readonly node: string; readonly worker: number }[]
}

/** PROOFS P20, seen from another node. */
t.test(
  'who vanishes is gone for every node: silently, with a worker, with a room left',
  skipWithout('3.5'),
  async (t) => {
    const { endpoints } = await startEtcd(t)
    const nodes = await startNodes(t, endpoints, { count: 2, env: { SOCKET_READ_TIMEOUT: `${IDLE_MS}ms` } })
    const [one, two] = nodes as [TestServer, TestServer]
    const watcher = await openClient(two, { token: two.mint('watcher') })
    const clients: TestClient[] = [watcher]
    t.teardown(() => clients.forEach((client) => client.terminate()))
    const open = async (user: string, ws = {}) => {
      const client = await openClient(one, { token: one.mint(user), ws })
      clients.push(client)
      return client
    }
    const seen = async () => {
      const { data } = await watcher.request(LIST, { limit: 100 })
      const users = (data?.['users'] ?? []) as readonly { user_id: string }[]
      return users.map(({ user_id }) => user_id)
    }
    const isGone = async (t: Test, user: string, withinMs: number) => {
      const startedMs = performance.now()
      t.ok(await until(async () => !(await seen()).includes(user)))
      promisedMs(t, performance.now() - startedMs, withinMs, 'gone')
    }

    await t.test('one who closes', async (t) => {
      const client = await open('polite')
      t.ok((await seen()).includes('polite'), 'known to the other node when it has its first frame')
      await client.close()
      await isGone(t, 'polite', 1_000)
    })

    await t.test('one who sends and reads nothing any more', async (t) => {
      const silent = await open('silent', { autoPong: false })
      silent.tcp.pause()
      await isGone(t, 'silent', IDLE_MS + 5_000)
    })

    await t.test('one whom an operator closes, asking the other node', async (t) => {
      const client = await open('kicked')
      t.match(await two.admin('DELETE', '/api/v1/players/kicked/connections'), { kicked: 1 })
      t.equal((await client.closed).code, 4502)
      await isGone(t, 'kicked', 1_000)
    })

    await t.test('one whom an operator keeps out, asking the other node', async (t) => {
      const client = await open('kept-out')
      t.match(await two.admin('DELETE', '/api/v1/players/kept-out/connections?for_ms=60000'), { kicked: 1 })
      t.equal((await client.closed).code, 4502)
      await t.rejects(open('kept-out'), /4502/)
      await two.admin('DELETE', '/api/v1/bans/user/kept-out')
      await isGone(t, 'kept-out', 1_000)
    })

    await t.test('those of a worker that dies', async (t) => {
      const mine = await Promise.all(Array.from({ length: 20 }, (_, i) => open(`with-worker-${i}`)))
      const { items } = (await two.admin('GET', '/api/v1/connections?limit=1000')) as ConnectionList
      const ofOne = items.filter(({ node }) => node === 'n1')
      t.equal(ofOne.length, 20)
      const lines = one.logs().filter(({ msg }) => msg === 'worker ready')
      const [victim] = lines
      const dead = ofOne.filter(({ worker }) => worker === victim?.['worker']).length
      process.kill(Number(victim?.['pid']), 'SIGKILL')
      const left = async () => (await seen()).filter((user) => user.startsWith('with-worker-')).length
      const startedMs = performance.now()
      t.ok(await until(async () => (await left()) === 20 - dead))
      promisedMs(t, performance.now() - startedMs, 2_000, 'gone')
      t.ok(dead > 0 && mine.length === 20)
    })

    await t.test('one who leaves a room, and its room hears of it once', async (t) => {
      const guest = await open('room-guest')
      await watcher.request('core.game.room.join', { room_id: 'lobby' })
      await guest.request('core.game.room.join', { room_id: 'lobby' })
      const isOf = (users: unknown) => Array.isArray(users) && users.includes('room-guest')
      const told = (kind: string) =>
        watcher.events.filter(({ eventType, payload }) => {
          return eventType === `core.game.presence.${kind}` && isOf(payload?.['users'])
        }).length
      t.ok(await until(() => told('joined') === 1))
      await guest.request('core.game.room.leave', { room_id: 'lobby' })
      t.ok(await until(() => told('left') === 1))
      t.match(await watcher.request(LIST, { room_id: 'lobby' }), { data: { total: 1 } })
      t.equal(told('joined') + told('left'), 2)
    })

    await t.test('a user on both nodes is there until the last connection is gone', async (t) => {
      const here = await openClient(two, { token: two.mint('both') })
      const there = await open('both')
      t.match(await watcher.request('core.game.state.send_message', { target_user_id: 'both', text: 'hi' }), {
        data: { delivered: 2 },
      })
      await here.close()
      t.ok(await until(async () => (await seen()).includes('both')))
      await there.close()
      await isGone(t, 'both', 1_000)
    })

    await t.test('those of a node that stops in order', async (t) => {
      await open('with-node')
      t.ok((await seen()).includes('with-node'))
      await one.stop()
      t.strictSame(await seen(), ['watcher'])
    })
  },
)

t.test('the last announcement of a room counts those who joined on two nodes', skipWithout('3.5'), async (t) => {
  const { endpoints } = await startEtcd(t)
  const env = { WORKERS: '1' }
  const [one, two] = (await startNodes(t, endpoints, { count: 2, env })) as [TestServer, TestServer]
  const [alice, bob] = [
    await openClient(one, { token: one.mint('alice') }),
    await openClient(two, { token: two.mint('bob') }),
  ]
  t.teardown(() => [alice, bob].forEach((client) => client.terminate()))
  const rooms = Array.from({ length: 20 }, (_, i) => `room-${i}`)
  for (const room_id of rooms) {
    await alice.request('core.game.room.join', { room_id })
    await bob.request('core.game.room.join', { room_id })
  }
  const lastIn = (client: TestClient, room: string) =>
    client.events.findLast((event) => event.eventType === 'core.game.presence.joined' && event['room'] === room)
  const isRight = (client: TestClient) => rooms.every((room) => lastIn(client, room)?.payload?.['members'] === 2)
  t.ok(await until(() => isRight(alice) && isRight(bob)))
})

t.test('the connections of one user are limited over all nodes', skipWithout('3.5'), async (t) => {
  const { endpoints } = await startEtcd(t)
  const env = { WORKERS: '1', MAX_CONNECTIONS_PER_USER: '3' }
  const [one, two] = (await startNodes(t, endpoints, { count: 2, env })) as [TestServer, TestServer]
  const open = (node: TestServer) => openClient(node, { token: node.mint('alice') })
  const clients = [await open(one), await open(two), await open(one)]
  t.teardown(() => clients.forEach((client) => client.terminate()))
  await t.rejects(open(two), /4504/)
})
