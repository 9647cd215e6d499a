import t, { type Test } from 'tap'
import { openClient, type Frame } from '../../helpers/client.ts'
import { startNodes } from '../../helpers/cluster.ts'
import { skipWithout, startEtcd } from '../../helpers/etcd.ts'
import { openIo, type IoClient } from '../../helpers/socket-io.ts'
import type { TestServer } from '../../helpers/server.ts'

const BROADCAST = 'core.game.state.broadcast'
const MESSAGE = 'core.game.state.send_message'
const JOIN = 'core.game.room.join'
const PING = 'core.game.session.ping'
const GONE = ['UNAVAILABLE', 'OUTCOME_UNKNOWN']

t.test(
  'while etcd is frozen every request is answered, and what needs no store waits for nobody',
  skipWithout('3.5'),
  async (t) => {
    const { endpoints, member } = await startEtcd(t)
    const [node] = (await startNodes(t, endpoints, { count: 1, env: { WORKERS: '1' } })) as [TestServer]
    const alice = await openClient(node, { token: node.mint('alice') })
    t.teardown(() => alice.terminate())
    const bob = await openIo(t, node, { user: 'bob' })
    t.ok((await alice.request(JOIN, { room_id: 'arena' })).success)
    member.stop()
    t.teardown(() => member.cont())

    const startedMs = performance.now()
    const sent: readonly (readonly [id: string, eventType: string, payload: object])[] = [
      ['join 1', JOIN, { room_id: 'one' }],
      ['join 2', JOIN, { room_id: 'two' }],
      ['join 3', JOIN, { room_id: 'three' }],
      ['broadcast 1', BROADCAST, { message: 1 }],
      ['broadcast 2', BROADCAST, { message: 2, retain: true }],
      ['message', MESSAGE, { target_user_id: 'alice', text: 'hi' }],
      [
        'purchase',
        'core.game.state.buy_good',
        { good_id: 'sword', count: 1, idempotency_key: 'a-key-of-sixteen-characters' },
      ],
      ['state', 'core.game.state.get', {}],
      ['members of a room', 'core.game.presence.list', { room_id: 'arena' }],
      ['members', 'core.game.presence.list', {}],
      ['ping', PING, {}],
    ]
    for (const [id, eventType, payload] of sent) alice.send({ id, eventType, payload })
    const took = await Promise.all(
      sent.map(async ([id]) => {
        const { success, error } = await alice.reply(id)
        const answer = success ? 'done' : String(error?.code)
        return { id, answer, tookMs: Math.round(performance.now() - startedMs) }
      }),
    )
    for (const { id, answer, tookMs } of took) t.comment(`${id}: ${answer} after ${tookMs} ms`)
    const replies = alice.frames.map((frame: Frame) => frame['replyTo'])
    const isFirst = (id: string) => sent.slice(0, 3).every(([join]) => replies.indexOf(id) < replies.indexOf(join))
    t.ok(isFirst('ping'), 'a ping is answered before the joins that were asked for before it')
    t.ok(isFirst('members'), 'and so is the list of the namespace')
    const needNoStore = ['members', 'ping']
    for (const { id, answer } of took) {
      if (needNoStore.includes(id)) t.equal(answer, 'done', id)
      else t.ok(GONE.includes(answer), `${id}: ${answer}`)
    }

    await overRest(t, node)
    await overSocketIo(t, bob)
  },
)

/** The same queues, by the way of an operator. */
async function overRest(t: Test, node: TestServer): Promise<void> {
  const headers = { authorization: `Bearer ${node.adminToken}` }
  const requests = [
    ['POST', '/api/v1/broadcast', { namespace: 'private', message: 1 }],
    ['POST', '/api/v1/broadcast', { namespace: 'private', message: 1, idempotency_key: 'a-key-of-sixteen-or-more' }],
    [
      'POST',
      '/api/v1/players/alice/credit',
      { currency: 'gold', amount: 1, idempotency_key: 'a-key-of-sixteen-or-more' },
    ],
    ['POST', '/api/v1/rooms', { room_id: 'made', namespace: 'private' }],
    ['GET', '/api/v1/players/alice', undefined],
    ['GET', '/api/v1/rooms/arena', undefined],
    ['GET', '/api/v1/goods', undefined],
  ] as const
  const answers = requests.map(async ([method, path, body]) => {
    const startedMs = performance.now()
    const response = await fetch(node.url + path, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) })
    const { error } = (await response.json()) as { readonly error?: { readonly code: string } }
    t.comment(`${method} ${path}: ${error?.code} after ${Math.round(performance.now() - startedMs)} ms`)
    t.ok(GONE.includes(String(error?.code)), `${method} ${path}: ${response.status} ${error?.code}`)
  })
  await Promise.all(answers)
}

async function overSocketIo(t: Test, bob: IoClient): Promise<void> {
  const order: string[] = []
  const ask = async (name: string, eventType: string, payload: object) => {
    const { error } = await bob.request(eventType, payload)
    order.push(name)
    return error?.code ?? 'done'
  }
  const [joined, said, pinged] = await Promise.all([
    ask('join', JOIN, { room_id: 'one' }),
    ask('broadcast', BROADCAST, { message: 1 }),
    ask('ping', PING, {}),
  ])
  t.ok(GONE.includes(joined) && GONE.includes(said), `${joined}, ${said}`)
  t.equal(pinged, 'done')
  t.equal(order[0], 'ping')
}
