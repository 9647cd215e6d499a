import t from 'tap'
import { openHouse } from '../helpers/house/open-house.ts'
import { encodeMsgpack } from '../../src/protocol/msgpack.ts'
import type { PlainClient } from '../helpers/house/plain-client.ts'

const BROADCAST = 'core.game.state.broadcast'
const PING = 'core.game.session.ping'
/** The burst is four seconds' worth. */
const RATES = { RATE_MESSAGES: '5', RATE_BYTES: '4KiB', MAX_PAYLOAD_BYTES: '1KiB' }
const BURST = 20

t.test('what is sent over the rate is refused with the time to wait, and passes after it', async (t) => {
  const { enter, pass } = await openHouse(t, { env: RATES })
  const alice = await enter('alice')
  const ids = Array.from({ length: BURST + 1 }, () => alice.request(PING, {}))
  const replies = await Promise.all(ids.map((id) => alice.reply(id)))
  t.equal(replies.filter(({ success }) => success).length, BURST)
  const refused = replies.at(-1)
  t.match(refused, { error: { code: 'RATE_LIMITED', retryable: true, details: { retry_after_ms: Number } } })
  await pass(Number(refused?.error?.details?.['retry_after_ms']))
  t.ok((await alice.ask(PING, {})).success)
  t.equal(alice.closed, undefined)
})

t.test('bytes have a rate, too, and a frame without an id is told of it as well', async (t) => {
  const { enter } = await openHouse(t, { env: { ...RATES, RATE_MESSAGES: '1000' } })
  const alice = await enter('alice')
  for (let i = 0; i < 20; i++) alice.send({ eventType: BROADCAST, payload: { message: 'x'.repeat(900) } })
  await alice.until(() => alice.replies.length > 0)
  t.match(alice.replies[0], { success: false, error: { code: 'RATE_LIMITED' } })
  t.notOk('replyTo' in (alice.replies[0] ?? {}))
})

t.test('who sends too much for ten seconds without a pause is closed with 4004', async (t) => {
  const { house, enter, pass } = await openHouse(t, { env: RATES })
  const [flood, pausing] = [await enter('flood'), await enter('pausing')]
  for (let i = 0; i < BURST; i++) for (const client of [flood, pausing]) client.request(PING, {})
  const fromMs = house.time.nowMs
  let floodedMs = 0
  for (let sinceMs = 0; sinceMs < 25_000; sinceMs = house.time.nowMs - fromMs) {
    if (flood.closed === undefined) floodedMs = sinceMs
    for (let i = 0; i < 5; i++) flood.request(PING, {})
    // A second and a half in which it sends nothing.
    if (sinceMs % 10_000 < 8_500) for (let i = 0; i < 5; i++) pausing.request(PING, {})
    await pass(500)
  }
  t.match(flood.closed, { code: 4004 })
  t.ok(floodedMs >= 10_000 && floodedMs < 11_500, `closed after ${floodedMs} ms`)
  t.equal(pausing.closed, undefined, 'who paused is not')
})

t.test('the fifth frame within a minute that is no request ends the connection with 4500', async (t) => {
  const { enter, pass } = await openHouse(t)
  const bad = ['{', '[]', '7', '{"eventType":7,"payload":{}}']
  const alice = await enter('alice')
  for (const frame of bad) alice.sendRaw(frame)
  await pass(100)
  t.strictSame(
    alice.replies.map(({ error }) => error?.code),
    bad.map(() => 'BAD_REQUEST'),
  )
  await pass(61_000)
  for (const frame of bad) alice.sendRaw(frame)
  // An event that does not exist, or a payload that is wrong, is a request all the same.
  for (let i = 0; i < 10; i++) alice.send({ eventType: 'core.game.state.destroy', payload: {} })
  for (let i = 0; i < 10; i++) alice.send({ eventType: BROADCAST, payload: {} })
  await pass(100)
  t.equal(alice.closed, undefined, 'a minute later it is counted anew')
  alice.sendRaw('nonsense')
  t.match(await alice.end(), { code: 4500 })
})

t.test('a bad msgpack frame counts like a bad JSON one', async (t) => {
  const { enter } = await openHouse(t)
  const alice = await enter('alice', { encoding: 'msgpack' })
  for (let i = 0; i < 5; i++) alice.sendRaw(Buffer.of(0xc1))
  t.match(await alice.end(), { code: 4500 })
  t.equal(alice.replies.length, 5, 'each was answered')
})

t.test('a frame of the other kind is closed with 1003, and is not carried out', async (t) => {
  const { enter } = await openHouse(t)
  const evil = { eventType: BROADCAST, payload: { message: 'evil' } }
  const witness = await enter('witness')
  const json = await enter('alice')
  const msgpack = await enter('bob', { encoding: 'msgpack' })
  json.sendRaw(encodeMsgpack(evil))
  msgpack.sendRaw(JSON.stringify(evil))
  for (const client of [json, msgpack]) t.match(await client.end(), { code: 1003 })
  await witness.ask(PING, {})
  t.strictSame(witness.events, [])
})

t.test('a frame over MAX_PAYLOAD_BYTES is answered and closed with 1009; one of that size is not', async (t) => {
  const { enter } = await openHouse(t, { env: RATES })
  for (const encoding of ['json', 'msgpack'] as const) {
    const client = await enter('alice', { encoding })
    const large = Buffer.alloc(1025, ' ')
    client.sendRaw(encoding === 'json' ? large.toString() : large)
    t.match(await client.end(), { code: 1009 }, encoding)
    t.match(client.replies, [{ success: false, error: { code: 'PAYLOAD_TOO_LARGE', details: { bytes_max: 1024 } } }])
  }
  const alice = await enter('alice')
  alice.sendRaw(JSON.stringify({ id: 'a', eventType: PING, payload: {} }).padEnd(1024))
  t.match(await alice.reply('a'), { success: true })
})

t.test('what is sent before the first frame is answered after it, in order', async (t) => {
  const { house, enter } = await openHouse(t)
  house.worker(0).freeze()
  const entering = enter('alice', { worker: house.worker(0) })
  await house.time.pass(100)
  const [wire] = house.network.wires
  for (let i = 0; i < 64; i++) wire?.client.send(JSON.stringify({ id: `early-${i}`, eventType: PING, payload: {} }))
  await house.time.pass(100)
  house.worker(0).thaw()
  const alice = await entering
  t.match(alice.frames[0], { eventType: 'core.game.session.ready' })
  await alice.until(() => alice.replies.length === 64)
  t.strictSame(
    alice.replies.map(({ replyTo }) => replyTo),
    Array.from({ length: 64 }, (_, i) => `early-${i}`),
  )
})

for (const { what, count, env } of [
  { what: 'more frames than are kept', count: 65, env: {} },
  { what: 'more than the rate', count: BURST + 1, env: RATES },
]) {
  t.test(`${what} before the first frame is closed with 4004, without an answer`, async (t) => {
    const { house, enter } = await openHouse(t, { env })
    house.worker(0).freeze()
    const entering = enter('alice', { worker: house.worker(0) })
    await house.time.pass(100)
    const [wire] = house.network.wires
    for (let i = 0; i < count; i++) wire?.client.send(JSON.stringify({ id: `${i}`, eventType: PING, payload: {} }))
    const alice = await entering
    t.match(alice.closed, { code: 4004 })
    t.strictSame(alice.frames, [])
    house.worker(0).thaw()
    await house.time.pass(100)
    t.equal(house.node.context.registry.countHere, 0)
  })
}

t.test('an address may attempt so many connections in a second, and four times as many at once', async (t) => {
  const { house, enter } = await openHouse(t, { env: { CONNECT_RATE_PER_ADDRESS: '2', WORKERS: '1' } })
  const address = '192.0.2.7'
  const attempt = (from: string) => enter('alice', { address: from })
  for (let i = 0; i < 8; i++) t.equal((await attempt(address)).refused, undefined)
  // Each attempt took some milliseconds, which are given back.
  const refused = [await attempt(address), await attempt(address)].map((client) => client.refused)
  t.match(refused.at(-1), { status: 429, refusal: { code: 'RATE_LIMITED' }, headers: { 'retry-after': String } })
  t.equal((await attempt('192.0.2.8')).refused, undefined, 'another address')
  await house.time.pass(Number(refused.at(-1)?.refusal.details?.['retry_after_ms']))
  t.equal((await attempt(address)).refused, undefined)
})

t.test('while memory is short nobody new is taken, and who is there is served', async (t) => {
  const { house, enter } = await openHouse(t)
  const alice = await enter('alice')
  house.node.workers.tellAll('memoryShort', { short: true })
  await house.time.pass(100)
  const { refused } = await enter('bob')
  t.match(refused, { status: 503, refusal: { code: 'OVERLOADED' } })
  t.ok(Number(refused?.refusal.details?.['retry_after_ms']) >= 2_000)
  t.ok((await alice.ask(PING, {})).success)
  house.node.workers.tellAll('memoryShort', { short: false })
  await house.time.pass(100)
  t.equal((await enter('bob')).refused, undefined)
})

t.test(
  'of a connection and of a user so many requests may be under way; above it OVERLOADED comes at once',
  async (t) => {
    const env = { MAX_CALLS_PER_CONNECTION: '4', MAX_CALLS_PER_USER: '6', WORKERS: '1' }
    const { house, enter } = await openHouse(t, { env })
    const [first, second, third, bob] = [
      await enter('alice'),
      await enter('alice'),
      await enter('alice'),
      await enter('bob'),
    ]
    const hear = house.worker(0).unheard()
    const say = (client: PlainClient, count: number) =>
      Array.from({ length: count }, (_, i) => client.request(BROADCAST, { message: i }))
    const asked: { readonly client: PlainClient; readonly ids: readonly string[] }[] = []
    for (const { client, refused } of [
      { client: first, refused: 2 },
      { client: second, refused: 4 },
      { client: third, refused: 5 },
      { client: bob, refused: 2 },
    ]) {
      asked.push({ client, ids: say(client, 6) })
      await client.until(() => client.replies.length === refused)
      t.ok(client.replies.every(({ error }) => error?.code === 'OVERLOADED'))
    }
    t.match(first.replies[0], { error: { retryable: true, details: { retry_after_ms: Number } } })
    t.ok((await first.ask(PING, {})).success, 'what the worker answers by itself is no request to the primary')
    hear()
    for (const { client, ids } of asked) for (const id of ids) await client.reply(id)
    t.strictSame(
      asked.map(({ client }) => client.replies.filter(({ success }) => success).length),
      [5, 2, 1, 4],
    )
    t.ok((await third.ask(BROADCAST, { message: 'again' })).success)
  },
)

t.test('a read without an id is not done, and what is wrong with it is said', async (t) => {
  const { house, enter } = await openHouse(t, { env: { WORKERS: '1' } })
  const alice = await enter('alice')
  const { link } = house.worker(0).parts.context
  const { sessions, dispatch } = house.worker(0).parts.realTime
  const [connection] = sessions.all.values()
  if (!connection) throw new Error('nobody')
  const send = (request: object) => dispatch.frame(connection, { bytes: Buffer.from(JSON.stringify(request)) }, false)
  const reads = [
    { eventType: 'core.game.state.get', payload: {} },
    { eventType: 'core.game.presence.list', payload: {} },
    { eventType: 'core.game.room.list', payload: { game: 'none' } },
  ]
  for (const read of reads) {
    send(read)
    t.equal(link.callsUnderWay, 0, read.eventType)
    send({ ...read, id: read.eventType })
    t.equal(link.callsUnderWay, 1, 'and with an id it is asked for')
    await alice.reply(read.eventType)
  }
  send({ eventType: 'core.game.state.get', payload: { room_id: 'elsewhere' } })
  send({ eventType: 'core.game.presence.list', payload: { limit: 0 } })
  await alice.until(() => alice.replies.length === reads.length + 2)
  const codes = alice.replies.flatMap(({ error, replyTo }) => (replyTo === undefined ? [error?.code] : []))
  t.strictSame(codes, ['NOT_IN_ROOM', 'BAD_REQUEST'])
})
