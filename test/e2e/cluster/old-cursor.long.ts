import t from 'tap'
import { openClient } from '../../helpers/client.ts'
import { startNodes } from '../../helpers/cluster.ts'
import { skipWithout, startEtcd } from '../../helpers/etcd.ts'
import type { TestServer } from '../../helpers/server.ts'
import { until } from '../../helpers/until.ts'

const BROADCAST = 'core.game.state.broadcast'
const EVENTS = 400

t.test('a cursor older than what a node holds is served from the history of etcd', skipWithout('3.5'), async (t) => {
  const { endpoints } = await startEtcd(t)
  // Of 400 events of 1 KB a node holds some 50.
  const env = { WORKERS: '1', HISTORY_BYTES: '64KiB', BACKPRESSURE_BYTES: '4MiB' }
  const [one, two] = (await startNodes(t, endpoints, { count: 2, env })) as [TestServer, TestServer]
  const alice = await openClient(one, { token: one.mint('alice') })
  await alice.request('core.game.room.join', { room_id: 'arena' })
  const sender = await openClient(one, { token: one.mint('bob') })
  await sender.request('core.game.room.join', { room_id: 'arena' })
  t.teardown(() => [alice, sender].forEach((client) => client.terminate()))
  const { epoch, offset, resume_token } = alice.ready
  alice.terminate()
  const sent: number[] = []
  for (let i = 0; i < EVENTS; i++) {
    const room = i % 2 === 0 ? { room: 'arena' } : {}
    const reply = await sender.request(BROADCAST, { message: { i, text: 'x'.repeat(1000) } }, room)
    sent.push(Number(reply.data?.['offset']))
  }
  for (const [i, node] of [one, two].entries()) {
    const query = { resume: String(resume_token), since: `${String(epoch)}:${String(offset)}`, rooms: 'arena' }
    const back = await openClient(node, { token: node.mint('alice'), query })
    t.match(back.ready, { recovered: true, rooms: ['arena'] })
    const broadcasts = () => back.events.filter(({ eventType }) => eventType === BROADCAST)
    t.ok(await until(() => broadcasts().length >= sent.length))
    const announced = back.events.slice(0, Number(back.ready['replayed']))
    t.ok(
      announced.every((event) => Number(event['offset']) <= Number(back.ready['offset'])),
      'as many as were announced',
    )
    t.strictSame(
      broadcasts().map((event) => event['offset']),
      sent,
      'all of them, in order, once',
    )
    const next = await sender.request(BROADCAST, { message: `behind replay ${i}` })
    const event = await back.next(({ payload }) => payload?.['message'] === `behind replay ${i}`)
    t.equal(event['offset'], next.data?.['offset'])
    sent.push(Number(event['offset']))
    back.terminate()
  }
})
