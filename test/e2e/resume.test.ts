/** A real log that outlives its processes; all that can break is tried in test/house. */
import t from 'tap'
import { openClient } from '../helpers/client.ts'
import { startServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'
import { checkFrames, NOTHING_WRONG } from './channel-check.ts'
import { BROADCAST, expectedOf, flood, hasAll, ROOM, watch } from './watchers.ts'

t.test('everything is killed and started anew: every client recovers what was accepted', async (t) => {
  const server = await startServer(t)
  const watchers = await Promise.all(Array.from({ length: 20 }, (_, i) => watch(t, server, i)))
  const sender = await openClient(server, { token: server.mint('sender') })
  await sender.request('core.game.room.join', { room_id: ROOM })
  const { accepted, done } = flood(sender, 400)
  await until(() => accepted.room.size + accepted.namespace.size > 100)
  await server.kill()
  await done
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
