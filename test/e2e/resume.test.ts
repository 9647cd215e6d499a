import t, { type Test } from 'tap'
import { connect, type GameClient, type GameEvent, type StatusChange } from '../../src/client/index.ts'
import { openClient, type TestClient } from '../helpers/client.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'
import { checkFrames, NOTHING_WRONG } from './channel-check.ts'

const BROADCAST = 'core.game.state.broadcast'
const ROOM = 'arena'

interface ConnectionList {
  readonly items: readonly { readonly connection_id: string; readonly worker: number; readonly user_id: string }[]
}

/** An SDK client with all it was given. */
interface Watcher {
  readonly client: GameClient
  readonly events: GameEvent[]
  readonly changes: StatusChange[]
  gaps: number
  /** Where it began to listen, to the namespace and to the room. */
  readonly cursor: number
  roomCursor: number
}

async function watch(t: Test, server: TestServer, i: number): Promise<Watcher> {
  const encoding = i % 2 === 0 ? 'json' : 'msgpack'
  const isGuest = i % 4 < 2
  const client = await connect({
    url: server.url,
    namespace: isGuest ? 'public' : 'private',
    encoding,
    reconnect: { baseMs: 100, maxMs: 500 },
    ...(isGuest ? {} : { token: () => server.mint(`watcher-${i}`) }),
  })
  t.teardown(() => client.close())
  const watcher: Watcher = {
    client,
    events: [],
    changes: [],
    gaps: 0,
    cursor: Number(client.session?.offset),
    roomCursor: 0,
  }
  client.on('*', (event) => watcher.events.push(event))
  client.on('status', (change) => watcher.changes.push(change))
  client.on('gap', () => watcher.gaps++)
  if (!isGuest) watcher.roomCursor = (await client.join(ROOM)).offset
  return watcher
}

/** Sends at 200/s what is accepted or not; gives the offsets of what was, by channel. */
function flood(sender: TestClient, count: number) {
  const accepted = { room: new Set<number>(), namespace: new Set<number>() }
  const done = (async () => {
    const replies: Promise<void>[] = []
    for (let i = 0; i < count; i++) {
      const toRoom = i % 2 === 0
      const reply = sender.request(BROADCAST, { message: i }, toRoom ? { room: ROOM } : {})
      replies.push(
        reply.then(
          ({ success, data }) =>
            void (success && accepted[toRoom ? 'room' : 'namespace'].add(Number(data?.['offset']))),
          () => {}, // the connection went down with the server: not accepted, as far as anybody knows
        ),
      )
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await Promise.all(replies)
  })()
  return { accepted, done }
}

const connections = (server: TestServer) =>
  server.admin('GET', '/api/v1/connections?limit=1000') as Promise<ConnectionList>

/** Of the accepted broadcasts, those that this watcher's channels have. */
function expectedOf(watcher: Watcher, accepted: ReturnType<typeof flood>['accepted']): ReadonlySet<number> {
  return watcher.client.session?.namespace === 'guest' ? new Set() : new Set([...accepted.room, ...accepted.namespace])
}

function hasAll(watcher: Watcher, accepted: ReturnType<typeof flood>['accepted']): boolean {
  const seen = new Set(watcher.events.map(({ offset }) => offset))
  return [...expectedOf(watcher, accepted)].every((offset) => seen.has(offset))
}

function pidOf(server: TestServer, worker: number): number {
  const line = server.logs().find((line) => line['msg'] === 'worker ready' && line['worker'] === worker)
  return Number(line?.['pid'])
}

t.test('a worker is killed in mid-load: its clients resume and miss nothing, the others do not notice', async (t) => {
  const server = await startServer(t)
  const watchers = await Promise.all(Array.from({ length: 40 }, (_, i) => watch(t, server, i)))
  const sender = await openClient(server, { token: server.mint('sender') })
  t.teardown(() => sender.terminate())
  await sender.request('core.game.room.join', { room_id: ROOM })
  const { items } = await connections(server)
  const workerOf = (id: unknown) => items.find(({ connection_id }) => connection_id === id)?.worker
  const survivor = workerOf(sender.ready['connection_id'])
  const victim = items.find(({ worker }) => worker !== survivor)?.worker
  if (victim === undefined) throw new Error('all connections are on one worker')
  const onVictim = watchers.filter(({ client }) => workerOf(client.session?.connection_id) === victim)
  t.ok(onVictim.length > 5, `${onVictim.length} clients on the worker that dies`)
  for (const { changes } of watchers) changes.length = 0

  const { accepted, done } = flood(sender, 600)
  await new Promise((resolve) => setTimeout(resolve, 1000))
  const killedAtMs = Date.now()
  process.kill(pidOf(server, victim), 'SIGKILL')
  await done
  await until(() => watchers.every((watcher) => hasAll(watcher, accepted)))

  for (const watcher of watchers) {
    const finding = checkFrames(watcher.events, expectedOf(watcher, accepted), watcher)
    t.strictSame({ ...finding, gaps: watcher.gaps }, { ...NOTHING_WRONG, gaps: 0 })
  }
  t.equal(accepted.room.size + accepted.namespace.size, 600, 'the sender on the other worker lost nothing')
  const back = onVictim.filter(({ changes }) => changes.some((change) => change.status === 'ready' && change.recovered))
  t.equal(back.length, onVictim.length, 'each of its clients recovered')
  const others = watchers.filter((watcher) => !onVictim.includes(watcher))
  t.ok(
    others.every(({ changes }) => changes.length === 0),
    'no other connection was touched',
  )

  const replacement = server.logs().findLast((line) => line['msg'] === 'worker ready')
  const readyAfterMs = Date.parse(String(replacement?.['time'])) - killedAtMs
  t.ok(readyAfterMs > 0 && readyAfterMs < 2000, `the replacement was ready after ${readyAfterMs} ms`)
})

t.test('everything is killed and started anew: every client recovers what was accepted', async (t) => {
  const server = await startServer(t)
  const watchers = await Promise.all(Array.from({ length: 20 }, (_, i) => watch(t, server, i)))
  const sender = await openClient(server, { token: server.mint('sender') })
  await sender.request('core.game.room.join', { room_id: ROOM })
  const { accepted, done } = flood(sender, 400)
  await new Promise((resolve) => setTimeout(resolve, 800))
  await server.kill()
  await done
  t.ok(accepted.room.size > 20, `${accepted.room.size + accepted.namespace.size} were accepted before the end`)
  for (const { changes } of watchers) changes.length = 0
  await server.restart()
  await until(() => watchers.every(({ client }) => client.status === 'ready'))
  await until(() => watchers.every((watcher) => hasAll(watcher, accepted)))

  for (const watcher of watchers) {
    const [ready] = watcher.changes.filter((change) => change.status === 'ready')
    t.ok(ready?.status === 'ready' && ready.recovered, 'recovered: true')
    const finding = checkFrames(watcher.events, expectedOf(watcher, accepted), watcher)
    t.strictSame({ ...finding, gaps: watcher.gaps }, { ...NOTHING_WRONG, gaps: 0 })
  }
  const late = await openClient(server, { token: server.mint('sender') })
  t.teardown(() => late.terminate())
  const reply = await late.request(BROADCAST, { message: 'after' })
  t.ok(Number(reply.data?.['offset']) > Math.max(...accepted.room, ...accepted.namespace), 'offsets go on')
})
