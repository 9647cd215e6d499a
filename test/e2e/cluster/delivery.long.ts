import t from 'tap'
import { openClient, type TestClient } from '../../helpers/client.ts'
import { startNodes } from '../../helpers/cluster.ts'
import { skipWithout, startEtcd } from '../../helpers/etcd.ts'
import { until } from '../../helpers/until.ts'
import { checkFrames, NOTHING_WRONG } from '../channel-check.ts'

const GONE = ['UNAVAILABLE', 'OUTCOME_UNKNOWN']
const BROADCAST = 'core.game.state.broadcast'
const MESSAGE = 'core.game.state.send_message'
const LIST = 'core.game.presence.list'
const CLIENTS = 300
const BROADCASTS = 3_000
const AT_ONCE = 60

t.test('three nodes of two workers have one order, each event once, prev unbroken', skipWithout('3.5'), async (t) => {
  const { endpoints } = await startEtcd(t)
  const nodes = await startNodes(t, endpoints)
  const clients: TestClient[] = []
  t.teardown(() => clients.forEach((client) => client.terminate()))
  for (let i = 0; i < CLIENTS; i += nodes.length) {
    const opened = nodes.map((node, n) => {
      const encoding = i % 2 === 0 ? ('json' as const) : ('msgpack' as const)
      return openClient(node, { encoding, token: node.mint(`player-${i + n}`) })
    })
    clients.push(...(await Promise.all(opened)))
  }
  const room = 'all-of-them'
  const joins = await Promise.all(clients.map((client) => client.request('core.game.room.join', { room_id: room })))
  t.ok(joins.every(({ success }) => success))

  await t.test('broadcasts from all nodes at once, to the namespace and to a room', async (t) => {
    const offsets = new Set<number>()
    const startedMs = performance.now()
    let next = 0
    const sender = async () => {
      for (let i = next++; i < BROADCASTS; i = next++) {
        const client = clients[i % clients.length] as TestClient
        const send = () => client.request(BROADCAST, { message: { i } }, i % 3 === 0 ? { room } : {})
        let reply = await send()
        // On a machine that has much to do a deadline may pass.
        while (!reply.success && GONE.includes(String(reply.error?.code))) reply = await send()
        if (reply.success) offsets.add(Number(reply.data?.['offset']))
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, sender))
    t.equal(offsets.size, BROADCASTS, `each was accepted, in ${Math.round(performance.now() - startedMs)} ms`)
    const ours = (client: TestClient) => client.events.filter(({ eventType }) => eventType === BROADCAST)
    await until(() => clients.every((client) => ours(client).length >= BROADCASTS))
    const order = JSON.stringify(ours(clients[0] as TestClient).map(({ offset }) => offset))
    clients.forEach((client, i) => {
      const cursors = { cursor: Number(client.ready['offset']), roomCursor: Number(joins[i]?.data?.['offset']) }
      t.strictSame(checkFrames(client.events, offsets, cursors), NOTHING_WRONG, client.userId)
      t.ok(JSON.stringify(ours(client).map(({ offset }) => offset)) === order, 'the same order for everyone')
    })
  })

  await t.test('a direct message reaches all connections of a user, on whatever node', async (t) => {
    const bobs = await Promise.all(nodes.map((node) => openClient(node, { token: node.mint('bob') })))
    clients.push(...bobs)
    const reply = await (clients[1] as TestClient).request(MESSAGE, { target_user_id: 'bob', text: 'hello' })
    t.match(reply, { success: true, data: { delivered: 3 } })
    for (const bob of bobs) await bob.next(({ eventType }) => eventType === MESSAGE)
    const others = clients.filter((client) => !bobs.includes(client))
    t.ok(others.every(({ events }) => !events.some(({ eventType }) => eventType === MESSAGE)))
    const nobody = await (clients[2] as TestClient).request(MESSAGE, { target_user_id: 'nobody', text: 'hello' })
    t.equal(nobody.error?.code, 'USER_OFFLINE')
  })

  await t.test('who is there is the same from every node', async (t) => {
    const pages = await Promise.all(
      clients.slice(0, 3).map((client) => client.request(LIST, { room_id: room, limit: 100 })),
    )
    t.equal(pages[0]?.data?.['total'], CLIENTS)
    t.strictSame(pages[1]?.data, pages[0]?.data)
    t.strictSame(pages[2]?.data, pages[0]?.data)
    const lists = await Promise.all(nodes.map((node) => node.admin('GET', '/api/v1/connections?limit=1000')))
    t.equal((lists[0] as { items: unknown[] }).items.length, CLIENTS + 3)
    t.strictSame(lists[1], lists[0])
    t.strictSame(lists[2], lists[0])
  })
})

t.test(
  'a room that REST makes on one node is there on all, and gone with its members',
  skipWithout('3.5'),
  async (t) => {
    const { endpoints } = await startEtcd(t)
    const [one, two] = await startNodes(t, endpoints, { count: 2, env: { ROOM_AUTO_CREATE: 'false', WORKERS: '1' } })
    if (!one || !two) throw new Error('two nodes were started')
    const alice = await openClient(two, { token: two.mint('alice') })
    t.teardown(() => alice.terminate())
    const join = () => alice.request('core.game.room.join', { room_id: 'arena' })
    t.equal((await join()).error?.code, 'ROOM_NOT_FOUND')
    await one.admin('POST', '/api/v1/rooms', { room_id: 'arena', namespace: 'private', capacity: 7, game: null })
    t.ok(await until(async () => (await join()).success))
    t.match(await one.admin('GET', '/api/v1/rooms/arena'), { capacity: 7 })
    await one.admin('DELETE', '/api/v1/rooms/arena')
    t.ok(await until(async () => (await join()).error?.code === 'ROOM_NOT_FOUND'))
    const reply = await alice.request(BROADCAST, { message: 1 }, { room: 'arena' })
    t.equal(reply.error?.code, 'NOT_IN_ROOM')
  },
)
