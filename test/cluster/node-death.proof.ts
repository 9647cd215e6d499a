import t from 'tap'
import { openClient, type TestClient } from '../helpers/client.ts'
import { clusterEnv, startNodes } from '../helpers/cluster.ts'
import { skipWithout, startEtcd } from '../helpers/etcd.ts'
import { ServerProcess } from '../helpers/server-process.ts'
import type { TestServer } from '../helpers/server.ts'
import { holdsWithin } from '../helpers/until.ts'
import { checkFrames, NOTHING_WRONG } from '../e2e/channel-check.ts'

const BROADCAST = 'core.game.state.broadcast'
const LIST = 'core.game.presence.list'
/** As in clusterEnv. */
const TTL_MS = 3_000

/** The same session on another node, behind the last event it saw. */
async function resumeOn(node: TestServer, client: TestClient, rooms: string): Promise<TestClient> {
  const seen = Math.max(Number(client.ready['offset']), ...client.events.map(({ offset }) => Number(offset)))
  const query = {
    resume: String(client.ready['resume_token']),
    since: `${String(client.ready['epoch'])}:${seen}`,
    rooms,
  }
  return openClient(node, { token: node.mint(client.userId), query })
}

t.test('what a node had is taken on by the others when it is killed', skipWithout('3.5'), async (t) => {
  const { endpoints } = await startEtcd(t)
  const nodes = await startNodes(t, endpoints, { env: { WORKERS: '1' } })
  const [one, two, three] = nodes as [TestServer, TestServer, TestServer]
  const all: TestClient[] = []
  t.teardown(() => all.forEach((client) => client.terminate()))
  const open = async (node: TestServer, user: string) => {
    const client = await openClient(node, { token: node.mint(user) })
    all.push(client)
    return { client, join: await client.request('core.game.room.join', { room_id: 'arena' }) }
  }
  const mine = await Promise.all(Array.from({ length: 20 }, (_, i) => open(one, `lost-${i}`)))
  const sender = await open(two, 'sender')
  const watcher = await open(three, 'watcher')
  const offsets = new Set<number>()
  const send = async (i: number) => {
    const reply = await sender.client.request(BROADCAST, { message: { i } }, { room: 'arena' })
    if (reply.success) offsets.add(Number(reply.data?.['offset']))
  }
  const stopping = new AbortController()
  const sending = (async () => {
    for (let i = 0; !stopping.signal.aborted; i++) {
      await send(i)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  })()
  await holdsWithin(() => offsets.size > 200, 5_000)
  const killedMs = performance.now()
  await one.kill()
  await Promise.all(mine.map(({ client }) => client.closed))

  await t.test('a client resumes on another node: all that it missed, in order, once', async (t) => {
    await holdsWithin(() => offsets.size > 400, 5_000)
    for (const { client, join } of mine.slice(0, 10)) {
      const back = await resumeOn(two, client, 'arena')
      all.push(back)
      t.match(back.ready, { recovered: true, user_id: client.userId })
      const sent = new Set(offsets)
      const frames = () => [...client.events, ...back.events]
      await holdsWithin(() => checkFrames(frames(), sent, { cursor: 0 }).missing === 0, 3_000)
      const finding = checkFrames(frames(), sent, { cursor: 0, roomCursor: Number(join.data?.['offset']) })
      t.strictSame(finding, NOTHING_WRONG)
    }
  })

  await t.test('the others are gone within the TTL and 2 s, and their rooms hear of it', async (t) => {
    const total = async () => (await watcher.client.request(LIST, { room_id: 'arena' })).data?.['total']
    t.ok(await holdsWithin(async () => (await total()) === 12, TTL_MS + 2_000))
    t.ok(performance.now() - killedMs < TTL_MS + 2_000, `${Math.round(performance.now() - killedMs)} ms`)
    const left = () => watcher.client.events.filter(({ eventType }) => eventType === 'core.game.presence.left')
    const users = () => new Set(left().flatMap(({ payload }) => payload?.['users'] as string[]))
    t.ok(await holdsWithin(() => users().size >= 10, 5_000))
    t.strictSame([...users()].sort(), Array.from({ length: 10 }, (_, i) => `lost-${i + 10}`).sort())
    const nodes = await fetch(`${two.url}/ready`).then((response) => response.text())
    t.match(nodes, /2 nodes: n2, n3/)
  })

  await t.test('the node has its place back at once when it starts again', async (t) => {
    const startedMs = performance.now()
    await one.start()
    t.ok(performance.now() - startedMs < 5_000)
    const back = await resumeOn(one, sender.client, 'arena')
    all.push(back)
    t.match(back.ready, { recovered: true, node: 'n1' })
  })
  stopping.abort()
  await sending
})

t.test('a node killed and started within the TTL takes its own place back', skipWithout('3.5'), async (t) => {
  const { endpoints } = await startEtcd(t)
  const [one] = await startNodes(t, endpoints, { count: 1, env: { WORKERS: '1', NODE_TTL: '60s' } })
  await one?.kill()
  const startedMs = performance.now()
  await one?.start()
  t.ok(performance.now() - startedMs < 5_000, `${Math.round(performance.now() - startedMs)} ms`)
})

t.test('a second node of the same name is refused, and the first goes on', skipWithout('3.5'), async (t) => {
  const { endpoints } = await startEtcd(t)
  const [one] = await startNodes(t, endpoints, { count: 1, env: { WORKERS: '1' } })
  const env = { ...clusterEnv(endpoints), NODE_ID: 'n1', DATA_DIR: t.testdir(), HTTP_PORT: '0', WORKERS: '1' }
  const second = new ServerProcess(env)
  const { code } = await second.ended
  t.equal(code, 75)
  t.match(second.stderr, /another node of this cluster is called "n1"/)
  const client = await openClient(one as TestServer)
  t.ok((await client.request(BROADCAST, { message: 1 })).success)
  client.terminate()
})
