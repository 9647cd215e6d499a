import t from 'tap'
import { openClient } from '../helpers/client.ts'
import { promisedMs } from '../helpers/promised.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'
import { checkFrames, NOTHING_WRONG } from './channel-check.ts'
import { expectedOf, flood, hasAll, ROOM, watch } from './watchers.ts'

interface ConnectionList {
  readonly items: readonly { readonly connection_id: string; readonly worker: number; readonly user_id: string }[]
}

const connections = (server: TestServer) =>
  server.admin('GET', '/api/v1/connections?limit=1000') as Promise<ConnectionList>

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
  await until(() => accepted.room.size + accepted.namespace.size > 100)
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
  t.ok(readyAfterMs > 0)
  promisedMs(t, readyAfterMs, 2_000, 'the replacement was ready')
})
