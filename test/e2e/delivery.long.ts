import t from 'tap'
import { openClient, type TestClient } from '../helpers/client.ts'
import { realTime } from '../helpers/real-time.ts'
import { startServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'
import { checkFrames, NOTHING_WRONG } from './channel-check.ts'

const BROADCAST = 'core.game.state.broadcast'

interface ConnectionList {
  readonly items: readonly { readonly worker: number; readonly namespace: string }[]
}

t.test(
  '2,000 broadcasts at 200/s reach 200 connections on two workers once, in one order, prev unbroken',
  async (t) => {
    const server = await startServer(t)
    const open = (i: number) => {
      const encoding = i % 2 === 0 ? ('json' as const) : ('msgpack' as const)
      return openClient(server, i % 4 < 2 ? { encoding } : { encoding, token: server.mint(`player-${i}`) })
    }
    const clients = await Promise.all(Array.from({ length: 200 }, (_, i) => open(i)))
    t.teardown(() => clients.forEach((client) => client.terminate()))

    const { items } = (await server.admin('GET', '/api/v1/connections?limit=1000')) as ConnectionList
    t.equal(items.length, 200)
    t.equal(new Set(items.map(({ worker }) => worker)).size, 2, 'the kernel spread them over both workers')

    const offsets = { private: new Set<number>(), guest: new Set<number>() }
    await atRate(2000, 200, async (i) => {
      const sender = clients[i % clients.length] as TestClient
      const reply = await sender.request(BROADCAST, { message: { i } })
      offsets[sender.ready['namespace'] as 'private' | 'guest'].add(Number(reply.data?.['offset']))
    })
    t.equal(offsets.private.size + offsets.guest.size, 2000, 'each was accepted, at a place of its own')

    const isDone = (client: TestClient) => client.events.length >= 1000
    await until(() => clients.every(isDone))
    for (const client of clients) {
      const namespace = client.ready['namespace'] as 'private' | 'guest'
      const finding = checkFrames(client.events, offsets[namespace], { cursor: Number(client.ready['offset']) })
      t.strictSame(finding, NOTHING_WRONG, client.userId)
      t.equal(client.events.length, offsets[namespace].size, 'and nothing else')
    }
    const payload = clients[1]?.events.find((event) => event['userId'] === clients[0]?.userId)?.payload
    t.match(payload, { message: { i: Number } }, 'a msgpack guest has what a JSON guest sent, and who it was')
  },
)

/** An open loop: what is late does not make the next one late. */
async function atRate(count: number, perSecond: number, act: (i: number) => Promise<void>): Promise<void> {
  const startedMs = performance.now()
  const all: Promise<void>[] = []
  for (let i = 0; i < count; i++) {
    const waitMs = startedMs + (i * 1000) / perSecond - performance.now()
    if (waitMs > 1) await realTime(waitMs)
    all.push(act(i))
  }
  await Promise.all(all)
}
