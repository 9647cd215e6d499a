import t from 'tap'
import { connect, EVENT, type StatusChange } from '../../src/client/index.ts'
import { openHouse } from '../helpers/house/open-house.ts'

const BROADCAST = 'core.game.state.broadcast'
const PING = 'core.game.session.ping'
const BUY = 'core.game.state.buy_good'
const DRAINING = 'core.game.session.draining'

const retryAfterMs = (reason: string) => (JSON.parse(reason) as { retry_after_ms: number }).retry_after_ms

t.test('a server that stops tells everybody once and closes them with 4000 and times that are spread', async (t) => {
  const { house, enterAll } = await openHouse(t)
  const clients = await enterAll(...Array.from({ length: 20 }, (_, i) => `user-${i}`))
  await house.close()
  const delays = new Set<number>()
  for (const { closed, frames } of clients) {
    t.equal(closed?.code, 4000)
    delays.add(retryAfterMs(String(closed?.reason)))
    const told = frames.filter(({ eventType }) => eventType === DRAINING)
    t.match(told, [{ payload: { retry_after_ms: Number } }])
  }
  t.ok(delays.size > 10, 'the returns are spread')
  t.ok([...delays].every((ms) => ms >= 500 && ms <= 1_000))
})

t.test('what was asked before the end is answered, what is asked later is refused with a time', async (t) => {
  const { house, enter } = await openHouse(t)
  await house.ask('playerCredit', {
    userId: 'alice' as never,
    currency: 'gold',
    amount: 1_000_000,
    idempotencyKey: 'gold-for-alice-1',
  })
  const alice = await enter('alice')
  house.faults.delayMs = 100
  const early = Array.from({ length: 5 }, () => alice.request(BUY, { good_id: 'sword', count: 1 }))
  await house.time.pass(20)
  const stopping = house.node.supervisor.stop(10_000)
  await house.time.pass(20)
  const late = Array.from({ length: 5 }, () => alice.request(BUY, { good_id: 'sword', count: 1 }))
  const ping = alice.request(PING, {})
  for (const id of early) t.match(await alice.reply(id), { success: true }, `${id} is answered`)
  for (const id of late)
    t.match(await alice.reply(id), { error: { code: 'DRAINING', details: { retry_after_ms: 1_000 } } })
  t.ok((await alice.reply(ping)).success)
  t.match(await alice.end(), { code: 4000 })
  await house.time.settle(stopping)
  t.ok(house.workers.every(({ hasEnded }) => hasEnded))
})

t.test(
  'a request that the store does not answer is answered in its time, and then the connection is closed',
  async (t) => {
    const { house, enter } = await openHouse(t)
    const alice = await enter('alice')
    house.faults.delayMs = 1_000_000
    const id = alice.request(BROADCAST, { message: 'never' })
    await house.time.pass(50)
    const fromMs = house.time.nowMs
    const stopping = house.node.supervisor.stop(10_000)
    t.match(await alice.end(), { code: 4000 })
    t.ok(house.time.nowMs - fromMs > 1_000, 'it waited for the answer')
    t.match(await alice.reply(id), { error: { code: 'OUTCOME_UNKNOWN' } })
    await house.time.settle(stopping)
    t.ok(house.time.nowMs - fromMs < 5_000)
  },
)

t.test('where there is less time than an answer may take, it is not waited for longer than a part of it', async (t) => {
  const { house, enter } = await openHouse(t)
  const alice = await enter('alice')
  house.faults.delayMs = 1_000_000
  alice.request(BROADCAST, { message: 'never' })
  await house.time.pass(50)
  const fromMs = house.time.nowMs
  const stopping = house.node.supervisor.stop(1_000)
  t.match(await alice.end(), { code: 4000 })
  t.strictSame(alice.replies, [])
  await house.time.settle(stopping)
  t.ok(house.time.nowMs - fromMs < 1_100)
})

t.test('a worker that does not answer is ended when the time is over', async (t) => {
  const { house, enter } = await openHouse(t)
  const [here, there] = [
    await enter('here', { worker: house.worker(0) }),
    await enter('there', { worker: house.worker(1) }),
  ]
  house.worker(0).freeze()
  const fromMs = house.time.nowMs
  const stopping = house.node.supervisor.stop(3_000)
  t.match(await there.end(), { code: 4000 })
  t.ok(house.time.nowMs - fromMs < 500)
  t.match(await here.end(), { code: 1006 })
  await house.time.settle(stopping)
  t.ok(house.time.nowMs - fromMs < 3_100)
})

t.test('while it drains, who comes is refused with DRAINING', async (t) => {
  const { house, enter } = await openHouse(t)
  const [frozen, other] = house.listening
  frozen?.freeze()
  const stopping = house.node.supervisor.stop(3_000)
  await house.time.pass(10)
  const late = await enter('late', other === undefined ? {} : { worker: other })
  t.match(late.refused, { status: 503, refusal: { code: 'DRAINING', details: { retry_after_ms: 1_000 } } })
  t.match(late.refused?.headers, { 'retry-after': '1' })
  await house.time.settle(stopping)
  t.equal((await enter('too late')).closed?.code, 1006, 'and then nobody is there')
})

t.test('a client that is being let in when the drain begins is told as well, or closed with a time', async (t) => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    const { house, enter } = await openHouse(t, { seed })
    const entering = Promise.all(Array.from({ length: 8 }, (_, i) => enter(`user-${i}`)))
    await house.time.pass(seed)
    const stopping = house.node.supervisor.stop(5_000)
    const clients = await entering
    await house.time.settle(stopping)
    await house.time.pass(100)
    for (const { closed, refused } of clients) {
      t.ok(closed?.code === 4000 || refused?.status === 503 || closed?.code === 1006, JSON.stringify(closed))
      if (closed?.code === 4000) t.ok(retryAfterMs(closed.reason) > 0)
    }
    t.equal(house.node.context.registry.countHere, 0)
    await house.close()
  }
})

t.test('players of a worker that is replaced move to another one, and miss nothing', async (t) => {
  const { house, enter } = await openHouse(t, { env: { SHUTDOWN_TIMEOUT: '9s' } })
  const changes: StatusChange[] = []
  const heard: unknown[][] = []
  const play = async (name: string) => {
    const client = await connect({
      url: house.url,
      namespace: 'private',
      token: () => house.mint(name),
      WebSocket: house.network.webSocket(() => {}),
    })
    const mine: unknown[] = []
    heard.push(mine)
    client.on('status', (change) => changes.push(change))
    client.on(EVENT.broadcast, ({ payload }) => mine.push(payload.message))
    await client.join('arena')
    return client
  }
  const playing = Promise.all(Array.from({ length: 12 }, (_, i) => play(`player-${i}`)))
  const clients = await house.time.settle(playing)
  const speaker = await enter('speaker')
  const before = new Set(house.workers)
  const rolling = { isDone: false }
  void house.node.reload.run().finally(() => (rolling.isDone = true))
  let said = 0
  let voice = speaker
  await voice.ask('core.game.room.join', { room_id: 'arena' })
  while (!rolling.isDone) {
    if (voice.closed) voice = await voice.resume(['arena'])
    const reply = await voice.ask(BROADCAST, { message: said }, { room: 'arena' }).catch(() => undefined)
    if (reply?.success) said++
    await house.time.pass(50)
  }
  await house.time.pass(2_000)
  t.ok(said > 20)
  for (const mine of heard) t.strictSame([...new Set(mine)], mine, 'nothing twice')
  for (const mine of heard) t.equal(mine.filter((n) => typeof n === 'number' && n < said).length, said)
  t.strictSame(new Set(changes.map(({ status }) => status)), new Set(['draining', 'ready']))
  t.ok(house.listening.every((worker) => !before.has(worker)) && house.listening.length === 2)
  for (const client of clients) client.close()
})
