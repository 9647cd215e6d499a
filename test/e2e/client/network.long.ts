import t, { type Test } from 'tap'
import { connect, DrumbeatError, EVENT, type StatusChange } from '../../../src/client/index.ts'
import { openClient } from '../../helpers/client.ts'
import { startServer, type TestServer } from '../../helpers/server.ts'
import { startProxy, type TcpProxy } from '../../helpers/tcp-proxy.ts'
import { until } from '../../helpers/until.ts'
import { hear, heardAll, openSpeaker, ROOM, upTo } from './numbers.ts'

async function connectThrough(t: Test, proxy: TcpProxy, server: TestServer, encoding: 'json' | 'msgpack' = 'json') {
  const client = await connect({
    url: proxy.endpoint,
    namespace: 'private',
    encoding,
    token: () => server.mint('alice'),
    reconnect: { baseMs: 20, maxMs: 100 },
    queue: { max: 1000 },
  })
  t.teardown(() => client.close())
  const changes: StatusChange[] = []
  const gaps: unknown[] = []
  client.on('status', (change) => changes.push(change))
  client.on('gap', (gap) => gaps.push(gap))
  await client.join(ROOM)
  return { client, changes, gaps, heard: hear(client) }
}

const losses = (changes: readonly StatusChange[]) => changes.filter(({ status }) => status === 'reconnecting')

for (const encoding of ['json', 'msgpack'] as const) {
  t.test(`a network that drops again and again costs no event, and none comes twice (${encoding})`, async (t) => {
    const server = await startServer(t)
    const proxy = await startProxy(t, server.port)
    const speaker = await openSpeaker(t, server)
    const { changes, gaps, heard } = await connectThrough(t, proxy, server, encoding)
    // Cut in the middle of a frame, and between frames.
    let bytes = 0
    proxy.onServerBytes = (chunk, connection) => {
      bytes += chunk.length
      if (bytes < 3000) return
      bytes = 0
      connection.cut(false)
    }
    await speaker.say(300, 2)
    proxy.onServerBytes = undefined
    await heardAll(heard, 300)
    t.strictSame(heard, upTo(300))
    t.strictSame(gaps, [])
    t.ok(losses(changes).length > 5, `${losses(changes).length} times cut`)
  })
}

t.test('what was sent and not answered is unknown and not sent again; what was answered was done once', async (t) => {
  const server = await startServer(t)
  const proxy = await startProxy(t, server.port)
  const { client } = await connectThrough(t, proxy, server)
  const witness = await openClient(server, { token: server.mint('witness') })
  t.teardown(() => witness.terminate())
  await witness.request(EVENT.roomJoin, { room_id: ROOM })
  await server.admin('POST', '/api/v1/players/alice/credit', {
    currency: 'gold',
    amount: 10_000,
    idempotency_key: 'credit-of-the-network-test',
  })
  let sent = 0
  proxy.onClientBytes = (_chunk, connection) => {
    // The request arrives, its answer does not.
    if (++sent % 15 === 0) connection.cut(true)
  }
  const outcomes = { done: new Set<number>(), unknown: new Set<number>() }
  let bought = 0
  for (const i of upTo(200)) {
    // Each for itself, so that most of them go in frames of their own.
    const saying = client.broadcast(i, { room: ROOM }).then(
      () => outcomes.done.add(i),
      (error: unknown) => {
        if (!(error instanceof DrumbeatError) || error.code !== 'OUTCOME_UNKNOWN') throw error
        outcomes.unknown.add(i)
      },
    )
    if (i % 10 === 0) {
      await client.buyGood({ goodId: 'potion' })
      bought++
    }
    await saying
  }
  proxy.onClientBytes = undefined
  await client.broadcast(200, { room: ROOM })
  await until(() => witness.events.some(({ payload }) => payload?.['message'] === 200))
  const seen = witness.events.filter(({ eventType }) => eventType === EVENT.broadcast)
  const numbers = seen.map(({ payload }) => Number(payload?.['message']))
  t.equal(new Set(numbers).size, numbers.length, 'none twice')
  t.ok(
    [...outcomes.done].every((i) => numbers.includes(i)),
    'all that were answered are there',
  )
  t.ok(outcomes.unknown.size > 2, `${outcomes.unknown.size} unknown`)
  const { inventory } = (await server.admin('GET', '/api/v1/players/alice')) as { inventory: { potion: number } }
  t.equal(inventory.potion, bought, 'a purchase is asked for again, and done once')
})

t.test('requests made without a connection wait, go in order, and are bounded in number and age', async (t) => {
  const server = await startServer(t)
  const proxy = await startProxy(t, server.port)
  const listener = await connectThrough(t, proxy, server)
  const client = await connect({
    url: proxy.endpoint,
    namespace: 'private',
    token: () => server.mint('bob'),
    reconnect: { baseMs: 20, maxMs: 100 },
    queue: { max: 5, maxAgeMs: 400 },
  })
  t.teardown(() => client.close())
  await client.join(ROOM)
  const goOffline = async () => {
    proxy.refuse(true)
    proxy.cutAll()
    await until(() => client.status === 'reconnecting')
  }
  await goOffline()
  await t.rejects(client.broadcast(-1, { room: ROOM }), { code: 'UNAVAILABLE', message: /no connection within 400 ms/ })
  const waiting = upTo(5).map((i) => client.broadcast(i, { room: ROOM }))
  await t.rejects(client.broadcast(-2, { room: ROOM }), { code: 'OVERLOADED', message: /5 requests wait/ })
  proxy.refuse(false)
  t.equal((await Promise.all(waiting)).length, 5)
  await heardAll(listener.heard, 5)
  t.strictSame(listener.heard, upTo(5))

  await goOffline()
  const last = client.broadcast(-3, { room: ROOM })
  client.close()
  await t.rejects(last, { code: 'CLOSED' })
})

t.test('a stall is sat out; a connection that is dead without a word is left, and nothing is missing', async (t) => {
  const server = await startServer(t, { SOCKET_READ_TIMEOUT: '8s' })
  const proxy = await startProxy(t, server.port)
  const speaker = await openSpeaker(t, server)
  const { changes, gaps, heard } = await connectThrough(t, proxy, server)
  proxy.pause()
  await speaker.say(20, 20)
  t.strictSame(heard, [])
  proxy.resume()
  await heardAll(heard, 20)
  t.strictSame(heard, upTo(20))
  t.strictSame(losses(changes), [])

  proxy.freezeAll()
  await speaker.say(20)
  await heardAll(heard, 40)
  t.strictSame(heard, upTo(40))
  t.match(losses(changes), [{ code: 4003 }])
  t.strictSame(gaps, [])
})
