import t from 'tap'
import { openHouse, type OpenHouse } from '../helpers/house/open-house.ts'
import type { PlainClient } from '../helpers/house/plain-client.ts'

const BROADCAST = 'core.game.state.broadcast'
const MESSAGE = 'core.game.state.send_message'
const JOIN = 'core.game.room.join'
const LEAVE = 'core.game.room.leave'
const PING = 'core.game.session.ping'
/** A quarter of the backpressure may wait in a socket's buffer before the rest waits in an outbox. */
const ENV = { BACKPRESSURE_BYTES: '64KiB' }
const PADDING = 'x'.repeat(1_000)
/** So many of PADDING are more than a socket's buffer takes and less than the limit. */
const SOME = 30
/** What was said has left by then. */
const FLUSHED_MS = 100

/** Says `count` things, far enough apart that each leaves by itself. */
async function shout(
  { pass }: OpenHouse,
  sender: PlainClient,
  count: number,
  more: (n: number) => object = () => ({}),
) {
  for (let n = 0; n < count; n++) {
    await sender.ask(BROADCAST, { message: n, pad: PADDING, ...more(n) })
    await pass(20)
  }
  await pass(FLUSHED_MS)
}

/** The namespace's events follow each other from the first frame on, without a hole. */
function isUnbroken(client: Pick<PlainClient, 'ready' | 'events'>): boolean {
  let cursor = Number(client.ready['offset'])
  return client.events.every(({ offset, prev }) => {
    const follows = Number(prev) <= cursor && Number(offset) > cursor
    cursor = Number(offset)
    return follows
  })
}

for (const encoding of ['json', 'msgpack'] as const) {
  t.test(`who reads too slowly gets the newest of each key, and how many were skipped: ${encoding}`, async (t) => {
    const open = await openHouse(t, { env: ENV })
    const sender = await open.enter('alice')
    const quick = await open.enter('quick', { encoding })
    const slow = await open.enter('slow', { encoding })
    slow.wire.pause()
    const keys = ['a', 'b', 'c']
    await shout(open, sender, 200, (n) => ({ delivery: 'latest', key: keys[n % 3] }))
    slow.wire.resume()
    await slow.until(() => slow.heard.at(-1) === 199)

    t.equal(quick.heard.length, 200, 'the others get every one')
    t.notOk(quick.events.some((event) => 'skipped' in event))
    const skipped = slow.events.reduce((sum, event) => sum + Number(event['skipped'] ?? 0), 0)
    t.ok(skipped > 100, `${skipped} were skipped`)
    t.equal(slow.heard.length + skipped, 200, 'what is not there is counted')
    t.ok(isUnbroken(slow))
    t.strictSame(slow.heard.slice(-3), [197, 198, 199], 'the newest of each key')

    await sender.ask(BROADCAST, { message: 'caught up' })
    await slow.until(() => [slow, quick].every(({ heard }) => heard.at(-1) === 'caught up'))
    t.strictSame(slow.events.at(-1), quick.events.at(-1), 'and then it gets what others get')
    t.equal(slow.closed, undefined)
  })
}

t.test('without a key, the newest of each sender is kept; another channel does not take its place', async (t) => {
  const open = await openHouse(t, { env: ENV })
  const [alice, bob, slow] = await open.enterAll('alice', 'bob', 'slow')
  if (!alice || !bob || !slow) throw new Error('not all are there')
  for (const client of [alice, slow]) await client.ask(JOIN, { room_id: 'r' })
  slow.wire.pause()
  await shout(open, alice, SOME)
  for (let n = 0; n < 3; n++) {
    await alice.ask(BROADCAST, { message: `alice ${n}`, delivery: 'latest' })
    await bob.ask(BROADCAST, { message: `bob ${n}`, delivery: 'latest' })
    await alice.ask(BROADCAST, { message: `room ${n}`, delivery: 'latest' }, { room: 'r' })
  }
  await open.pass(FLUSHED_MS)
  slow.wire.resume()
  await slow.until(() => slow.heard.at(-1) === 'room 2')
  t.strictSame(slow.heard.slice(SOME), ['alice 2', 'bob 2', 'room 2'])
  t.equal(slow.events.at(-1)?.['skipped'], 2)
})

t.test('events that must be delivered all come, in order, among the newest of the others', async (t) => {
  const open = await openHouse(t, { env: ENV })
  const [sender, slow] = [await open.enter('alice'), await open.enter('slow')]
  slow.wire.pause()
  await shout(open, sender, SOME)
  for (let n = 0; n < 5; n++) {
    await sender.ask(BROADCAST, { message: `must ${n}` })
    await sender.ask(BROADCAST, { message: `latest ${n}`, delivery: 'latest', key: 'k' })
    await sender.ask(MESSAGE, { target_user_id: 'slow', text: `to you ${n}` })
  }
  await open.pass(FLUSHED_MS)
  slow.wire.resume()
  await slow.until(() => slow.heard.at(-1) === 'latest 4')
  t.strictSame(slow.heard.slice(SOME), ['must 0', 'must 1', 'must 2', 'must 3', 'must 4', 'latest 4'])
  await slow.until(() => slow.events.filter(({ eventType }) => eventType === MESSAGE).length === 5)
  t.strictSame(
    slow.events.flatMap(({ payload }) => payload?.['text'] ?? []),
    Array.from({ length: 5 }, (_, n) => `to you ${n}`),
  )
})

t.test(
  'more than the limit is closed with 4001, nothing is skipped before it, and a resume brings the rest',
  async (t) => {
    const open = await openHouse(t, { env: ENV })
    const logs = open.house.workers.map(({ parts }) => t.capture(parts.context.logs.of('session'), 'info'))
    const [sender, slow, quick] = [await open.enter('alice'), await open.enter('slow'), await open.enter('quick')]
    slow.wire.pause()
    await shout(open, sender, 100)
    const lines = logs.flatMap((log) => log().map(({ args: [said] }) => said as object))
    const who = { user: 'slow', connection: slow.ready['connection_id'], code: 4001 }
    t.match(lines, [{ ...who, cause: 'bytes', waitingBytes: Number }], 'one line says who, and why')
    t.ok(Number(Object(lines[0]).waitingBytes) > 64 * 1024)
    t.equal(open.house.node.context.registry.countOfUser('slow' as never), 0, 'offline at once')
    slow.wire.resume()
    t.match(await slow.end(), { code: 4001, reason: /resume/ })
    t.ok(isUnbroken(slow))
    t.notOk(slow.events.some((event) => 'skipped' in event))
    const back = await slow.resume()
    t.match(back.ready, { recovered: true })
    await back.until(() => back.heard.at(-1) === 99)
    t.strictSame([...slow.heard, ...back.heard], quick.heard)
  },
)

t.test('little that waits for longer than SOCKET_WRITE_TIMEOUT is closed with 4001, too', async (t) => {
  const { house, enter, pass } = await openHouse(t, { env: { SOCKET_WRITE_TIMEOUT: '5s', WORKERS: '1' } })
  const { logs, metrics } = house.worker(0).parts.context
  const log = t.capture(logs.of('session'), 'info')
  const [sender, slow] = [await enter('alice'), await enter('slow')]
  slow.wire.pause()
  await pass(20_000)
  await sender.ask(BROADCAST, { message: 'small' })
  await pass(4_500)
  slow.wire.resume()
  await slow.until(() => slow.heard.length === 1)
  slow.wire.pause()
  await sender.ask(BROADCAST, { message: 'again' })
  await pass(4_500)
  t.ok((await sender.ask(MESSAGE, { target_user_id: 'slow', text: 'are you there' })).success, 'it read in between')
  await pass(1_000)
  t.match(await sender.ask(MESSAGE, { target_user_id: 'slow', text: 'x' }), { error: { code: 'USER_OFFLINE' } })
  slow.wire.resume()
  t.match(await slow.end(), { code: 4001 })
  const [line] = log().map(({ args: [said] }) => said as { waitingBytes: number; stalledMs: number })
  t.match(line, { user: 'slow', cause: 'stalled', waitingBytes: Number, stalledMs: Number })
  t.ok(line && line.waitingBytes > 0 && line.waitingBytes < 1_000 && line.stalledMs > 5_000 && line.stalledMs < 5_500)
  t.match(await metrics.slowConsumers.get(), { values: [{ value: 0 }, { value: 1, labels: { cause: 'stalled' } }, {}] })
})

t.test('who joins a room while it lags gets all of it from the join on, and nothing of what was before', async (t) => {
  const open = await openHouse(t, { env: ENV })
  const [sender, slow] = [await open.enter('alice'), await open.enter('slow')]
  await sender.ask(JOIN, { room_id: 'r' })
  slow.wire.pause()
  await shout(open, sender, SOME)
  await sender.ask(BROADCAST, { message: 'before' }, { room: 'r' })
  const join = slow.request(JOIN, { room_id: 'r' })
  await open.pass(500)
  for (let n = 0; n < 3; n++) await sender.ask(BROADCAST, { message: `r ${n}` }, { room: 'r' })
  slow.wire.resume()
  const { data } = await slow.reply(join)
  await slow.until(() => slow.heard.at(-1) === 'r 2')
  const ofRoom = slow.events.filter((event) => event['room'] === 'r')
  t.strictSame(slow.heard.slice(SOME), ['r 0', 'r 1', 'r 2'])
  t.ok(Number(ofRoom[0]?.['prev']) <= Number(data?.['offset']), 'no hole after the join')
  await sender.ask(BROADCAST, { message: 'caught up' }, { room: 'r' })
  await slow.until(() => slow.heard.at(-1) === 'caught up')
})

t.test('who leaves a room while it lags gets nothing more of it behind the reply', async (t) => {
  const open = await openHouse(t, { env: ENV })
  const [sender, slow] = [await open.enter('alice'), await open.enter('slow')]
  for (const client of [sender, slow]) await client.ask(JOIN, { room_id: 'r' })
  slow.wire.pause()
  await shout(open, sender, SOME)
  await sender.ask(BROADCAST, { message: 'waits' }, { room: 'r' })
  await sender.ask(BROADCAST, { message: 'of all' })
  await open.pass(FLUSHED_MS)
  const leave = slow.request(LEAVE, { room_id: 'r' })
  await open.pass(500)
  await sender.ask(BROADCAST, { message: 'too late' }, { room: 'r' })
  slow.wire.resume()
  t.ok((await slow.reply(leave)).success)
  const leftAt = slow.frames.findIndex(({ replyTo }) => replyTo === leave)
  await sender.ask(BROADCAST, { message: 'caught up' })
  await slow.until(() => slow.heard.at(-1) === 'caught up')
  t.notOk(slow.frames.slice(leftAt).some(({ room }) => room === 'r'))
  t.strictSame(slow.heard.slice(SOME), ['of all', 'caught up'])
  t.ok(isUnbroken({ ready: slow.ready, events: slow.events.filter(({ room }) => room === undefined) }))
})

t.test('who leaves a room and joins it again while it lags gets it from the second join on', async (t) => {
  const open = await openHouse(t, { env: ENV })
  const [sender, slow] = [await open.enter('alice'), await open.enter('slow')]
  for (const client of [sender, slow]) await client.ask(JOIN, { room_id: 'r' })
  slow.wire.pause()
  await shout(open, sender, SOME)
  for (const message of ['before', 'before, too']) await sender.ask(BROADCAST, { message, retain: true }, { room: 'r' })
  await open.pass(FLUSHED_MS)
  slow.request(LEAVE, { room_id: 'r' })
  const join = slow.request(JOIN, { room_id: 'r' })
  await open.pass(500)
  await sender.ask(BROADCAST, { message: 'after' }, { room: 'r' })
  await open.pass(FLUSHED_MS)
  slow.wire.resume()
  const { data } = await slow.reply(join)
  t.equal(data?.['state'], 'before, too')
  await slow.until(() => slow.heard.includes('after'))
  t.strictSame(slow.heard.slice(SOME), ['after'])
  const first = slow.events.find((event) => event['room'] === 'r' && Number(event['offset']) > Number(data?.['offset']))
  t.ok(Number(first?.['prev']) <= Number(data?.['offset']), 'no hole after the join')
})

t.test('who lags when its room is deleted gets all that was said in it', async (t) => {
  const open = await openHouse(t, { env: ENV })
  await open.makeRoom('r')
  const [sender, slow] = [await open.enter('alice'), await open.enter('slow')]
  for (const client of [sender, slow]) await client.ask(JOIN, { room_id: 'r' })
  slow.wire.pause()
  await shout(open, sender, SOME)
  await sender.ask(BROADCAST, { message: 'last' }, { room: 'r' })
  await open.house.ask('roomDelete', { room: 'r' as never, ifTag: null })
  await open.pass(500)
  slow.wire.resume()
  await slow.until(() => slow.heard.at(-1) === 'last')
  t.match(await slow.ask(LEAVE, { room_id: 'r' }), { error: { code: 'NOT_IN_ROOM' } })
})

t.test('a second device of a lagging user gets everything at once', async (t) => {
  const open = await openHouse(t, { env: { ...ENV, WORKERS: '1' } })
  const [sender, slow] = [await open.enter('alice'), await open.enter('bob')]
  slow.wire.pause()
  await shout(open, sender, SOME)
  const second = await open.enter('bob')
  await sender.ask(MESSAGE, { target_user_id: 'bob', text: 'hi' })
  await second.until(() => second.events.some(({ eventType }) => eventType === MESSAGE))
  slow.wire.resume()
  await slow.until(() => slow.events.some(({ eventType }) => eventType === MESSAGE))
  t.equal(slow.heard.length, SOME)
  for (const client of [slow, second]) t.equal(client.events.filter(({ eventType }) => eventType === MESSAGE).length, 1)
})

t.test('who goes away while it lags leaves nothing behind', async (t) => {
  const open = await openHouse(t, { env: { ...ENV, WORKERS: '1' } })
  const [sender, slow] = [await open.enter('alice'), await open.enter('slow')]
  slow.wire.pause()
  await shout(open, sender, SOME)
  const { fanout, sessions } = open.house.worker(0).parts.realTime
  t.equal(fanout.laggards, 1)
  slow.cut()
  await open.pass(100)
  t.equal(fanout.laggards, 0)
  t.equal(sessions.all.size, 1)
  t.ok((await sender.ask(PING, {})).success)
})

t.test('a burst of more than the limit is closed with 4001 before there is an outbox', async (t) => {
  const { house, enter, pass } = await openHouse(t, { env: ENV })
  const [sender, slow] = [await enter('alice'), await enter('slow')]
  slow.wire.pause()
  for (let n = 0; n < 7; n++) sender.request(BROADCAST, { message: n, pad: 'x'.repeat(10_000) })
  await pass(400)
  t.equal(house.node.context.registry.countOfUser('slow' as never), 0)
  slow.wire.resume()
  t.match(await slow.end(), { code: 4001 })
})

t.test('where memory is nearly gone, those for whom the most waits are closed until half of it is free', async (t) => {
  const { house, enter, pass } = await openHouse(t, { env: { WORKERS: '1' } })
  const sender = await enter('alice')
  const slow = await Promise.all([0, 1, 2, 3].map((i) => enter(`slow-${i}`)))
  for (const { wire } of slow) wire.pause()
  const messages = [1, 2, 3, 14]
  for (const [i, count] of messages.entries()) {
    for (let n = 0; n < count; n++) {
      sender.request(MESSAGE, { target_user_id: `slow-${i}`, text: 'x'.repeat(10_000) })
    }
  }
  await pass(1_000)
  house.node.workers.tellAll('relieve', { closeSlow: true })
  await pass(100)
  for (const { wire } of slow) wire.resume()
  await pass(100)
  t.strictSame(
    slow.map(({ closed }) => closed?.code),
    [undefined, undefined, undefined, 4001],
  )
  t.equal(sender.closed, undefined)
})
