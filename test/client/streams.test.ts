import { getEventListeners } from 'node:events'
import t from 'tap'
import { EVENT, type BroadcastOf, type EventMap, type GameClient } from '../../src/client/index.ts'
import { connected, until } from './setup.ts'

t.test('events are read one by one, of one kind and one room, until the loop is left', async (t) => {
  const { client, peer } = await connected(t)
  const { signal } = new AbortController()
  const events = client.events(EVENT.broadcast, { room: 'arena', signal })
  peer.event(42, 41, { room: 'arena' })
  peer.event(43, 41)
  peer.event(44, 41, { eventType: EVENT.sendMessage, payload: { target_user_id: 'alice', text: 'hi' } })
  peer.event(45, 42, { room: 'arena' })
  const offsets: number[] = []
  for await (const { offset, payload } of events) {
    t.equal(payload.message, offset)
    if (offsets.push(offset) === 2) break
  }
  t.same(offsets, [42, 45])
  t.equal(getEventListeners(signal, 'abort').length, 0)
  t.same(await events.next(), { done: true, value: undefined })
})

t.test('more events than may wait end the iterator with an error that says so, after those that waited', async (t) => {
  const { client, peer } = await connected(t)
  const events = client.events('*', { max: 2 })
  for (let offset = 42; offset < 46; offset++) peer.event(offset, offset - 1)
  const last = client.once(EVENT.sendMessage)
  peer.event(46, 41, { eventType: EVENT.sendMessage, payload: { target_user_id: 'alice', text: 'hi' } })
  await last
  const offsets: number[] = []
  const reading = (async () => {
    for await (const { offset } of events) offsets.push(offset)
  })()
  await t.rejects(reading, { code: 'SLOW_CONSUMER', retryable: false, message: /more than 2 events/ })
  t.same(offsets, [42, 43])
})

t.test('an iterator ends with the client, and with its error where there is one', async (t) => {
  const { client } = await connected(t)
  const next = client.events('*').next()
  client.close()
  t.same(await next, { done: true, value: undefined })
  t.same(await client.events('*').next(), { done: true, value: undefined })
  const kicked = await connected(t)
  const failing = t.rejects(kicked.client.events('*').next(), { code: 'CLOSED', details: { close_code: 4502 } })
  kicked.peer.close(4502, 'kicked')
  await failing
  await t.rejects(kicked.client.once('*'), { code: 'CLOSED', details: { close_code: 4502 } })
})

t.test('signals end iterators, handlers and waits, and nothing stays on them', async (t) => {
  const { client, peer } = await connected(t)
  const controller = new AbortController()
  const { signal } = controller
  const reason = new Error('enough')
  const heard: number[] = []
  client.on('*', ({ offset }) => heard.push(offset), { signal })
  const first = client.once('*', { signal })
  peer.event(42, 41)
  t.match(await first, { offset: 42 })
  t.equal(heard.length, 1)
  const rejected = Promise.all([
    t.rejects(client.events('*', { signal }).next(), reason),
    t.rejects(client.once(EVENT.buyGood, { signal }), reason),
  ])
  controller.abort(reason)
  await rejected
  t.equal(getEventListeners(signal, 'abort').length, 0)
  peer.event(43, 42)
  await client.once('*')
  t.same(heard, [42])
  await t.rejects(client.once('*', { signal }), reason)
  await t.rejects(client.events('*', { signal }).next(), reason)
  client.on('*', () => t.fail('it was aborted before'), { signal })
})

type Move = { readonly x: number; readonly y: number }
interface MyEvents extends EventMap {
  readonly [EVENT.broadcast]: BroadcastOf<Move>
  readonly 'my.game.scored': { readonly points: number }
}

t.test("a game's own event types are those of its handlers and its broadcasts", async (t) => {
  const setup = await connected(t)
  const client = setup.client as unknown as GameClient<MyEvents>
  const points: number[] = []
  client.on('my.game.scored', ({ payload }) => points.push(payload.points))
  const moved = client.once(EVENT.broadcast)
  setup.peer.event(42, 41, { eventType: 'my.game.scored', payload: { points: 3 } })
  setup.peer.event(43, 42, { payload: { message: { x: 1, y: 2 } } })
  const { x, y }: Move = (await moved).payload.message
  t.same([points, x, y], [[3], 1, 2])
  const plain: GameClient = client // for code that knows nothing of this game
  t.equal(plain.status, 'ready')
  // @ts-expect-error a move has numbers
  const wrong = client.broadcast({ x: 'left' })
  const right = client.broadcast({ x: 3, y: 4 })
  for (const request of [await setup.peer.receive(), await setup.peer.receive()]) {
    setup.peer.reply(request, { offset: 44 })
  }
  await Promise.all([wrong, right])
})

t.test('skipped events are no gap: `prev` is what this client got last', async (t) => {
  const { client, peer, server } = await connected(t)
  const skipped: unknown[] = []
  client.on(EVENT.broadcast, (event) => skipped.push(event.skipped))
  peer.event(42, 41)
  peer.event(60, 42, { skipped: 7 })
  await until(() => skipped.length === 2)
  t.same(skipped, [undefined, 7])
  t.equal(server.attempts, 1)
})
