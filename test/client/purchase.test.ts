import t from 'tap'
import { connected } from './setup.ts'

const RECEIPT = { purchase_id: 'p1', good_id: 'sword', count: 1, total: 100, replayed: false }

t.test('a purchase carries a key of 32 characters, made anew for each', async (t) => {
  const { client, peer } = await connected(t)
  const keys = new Set<unknown>()
  for (let i = 0; i < 2; i++) {
    const buying = client.buyGood({ goodId: 'sword' })
    const request = await peer.receive()
    t.match(request.payload, { good_id: 'sword', count: 1, idempotency_key: /^[A-Za-z0-9_-]{32}$/ })
    keys.add(request.payload.idempotency_key)
    peer.reply(request, RECEIPT)
    t.match(await buying, RECEIPT)
  }
  t.equal(keys.size, 2)
})

t.test('count, expected price and a key of the caller go along', async (t) => {
  const { client, peer } = await connected(t)
  const order = { goodId: 'sword', count: 3, expectedPrice: 100, idempotencyKey: 'my-own-key-0123456' }
  const buying = client.buyGood(order)
  const request = await peer.receive()
  t.same(request.payload, {
    good_id: 'sword',
    count: 3,
    expected_price: 100,
    idempotency_key: 'my-own-key-0123456',
  })
  peer.reply(request, RECEIPT)
  await buying
})

t.test('a refusal that may pass is asked again with the same key, after the time it gave', async (t) => {
  const { client, peer } = await connected(t)
  const buying = client.buyGood({ goodId: 'sword' })
  const keys = new Set<unknown>()
  for (const code of ['UNAVAILABLE', 'OUTCOME_UNKNOWN', 'OVERLOADED', 'RATE_LIMITED', 'DRAINING'] as const) {
    const request = await peer.receive()
    keys.add(request.payload.idempotency_key)
    peer.refuse(request, code, { retry_after_ms: 1 })
  }
  const last = await peer.receive()
  keys.add(last.payload.idempotency_key)
  peer.reply(last, { ...RECEIPT, replayed: true })
  t.match(await buying, { purchase_id: 'p1', replayed: true })
  t.equal(keys.size, 1)
})

t.test('the time that a refusal gives is kept to', async (t) => {
  const { client, peer } = await connected(t)
  const buying = client.buyGood({ goodId: 'sword' })
  peer.refuse(await peer.receive(), 'OVERLOADED', { retry_after_ms: 300 })
  const refusedAt = performance.now()
  peer.reply(await peer.receive(), RECEIPT)
  t.ok(performance.now() - refusedAt >= 295, 'the backoff alone would be 200 ms at most')
  await buying
})

t.test('a refusal that stands is not asked again', async (t) => {
  const { client, peer } = await connected(t)
  const buying = client.buyGood({ goodId: 'sword' })
  peer.refuse(await peer.receive(), 'INSUFFICIENT_FUNDS', { balance: 3, total: 10 })
  await t.rejects(buying, { code: 'INSUFFICIENT_FUNDS', details: { balance: 3, total: 10 } })
  t.equal(peer.untaken, 0)
})

t.test(
  'after the last attempt an outcome that was ever unknown stays unknown, with the key to ask again',
  async (t) => {
    const { client, peer } = await connected(t)
    const buying = client.buyGood({ goodId: 'sword', idempotencyKey: 'my-own-key-0123456' })
    const outcome = t.rejects(buying, {
      code: 'OUTCOME_UNKNOWN',
      details: { idempotency_key: 'my-own-key-0123456' },
      cause: { code: 'OVERLOADED' },
    })
    const codes = ['OUTCOME_UNKNOWN', 'OVERLOADED', 'OVERLOADED', 'OVERLOADED', 'OVERLOADED', 'OVERLOADED'] as const
    for (const code of codes) peer.refuse(await peer.receive(), code, { retry_after_ms: 1 })
    await outcome
  },
)

t.test('after the last attempt of which none did anything, the code says so', async (t) => {
  const { client, peer } = await connected(t)
  const outcome = t.rejects(client.buyGood({ goodId: 'sword' }), { code: 'OVERLOADED' })
  for (let i = 0; i < 6; i++) peer.refuse(await peer.receive(), 'OVERLOADED', { retry_after_ms: 1 })
  await outcome
  t.equal(peer.untaken, 0)
})

t.test('a purchase under way when the connection is lost is asked again with its key after the resume', async (t) => {
  const { server, client, peer } = await connected(t)
  const buying = client.buyGood({ goodId: 'sword' })
  const request = await peer.receive()
  peer.cut()
  const next = await server.accept()
  next.resumed()
  t.same(await next.receive(), request)
  next.reply(request, { ...RECEIPT, replayed: true })
  t.match(await buying, { replayed: true })
})

t.test('closing the client leaves a purchase that was sent unknown, at once', async (t) => {
  const { client, peer } = await connected(t)
  const buying = client.buyGood({ goodId: 'sword' })
  const { idempotency_key: key } = (await peer.receive()).payload
  const outcome = t.rejects(buying, { code: 'OUTCOME_UNKNOWN', details: { idempotency_key: key as string } })
  client.close()
  await outcome
})

t.test('an abort between two attempts ends the purchase with its reason', async (t) => {
  const { client, peer } = await connected(t)
  const controller = new AbortController()
  const reason = new Error('too slow')
  const buying = client.buyGood({ goodId: 'sword' }, { signal: controller.signal })
  const outcome = t.rejects(buying, reason)
  peer.refuse(await peer.receive(), 'OVERLOADED', { retry_after_ms: 60_000 })
  const pinging = client.ping()
  peer.reply(await peer.receive(), { server_time: 7 })
  await pinging // so the refusal was read
  controller.abort(reason)
  await outcome
})
