import t from 'tap'
import { codeOf, openHouse } from '../helpers/house/open-house.ts'

const JOIN = 'core.game.room.join'
const PING = 'core.game.session.ping'
const ENV = { SHUTDOWN_TIMEOUT: '3s' }

t.test('the workers are replaced one by one: the new one listens before the old one drains', async (t) => {
  const { house, enter } = await openHouse(t, { env: ENV })
  const before = [...house.workers]
  const clients = await Promise.all(before.map((worker, i) => enter(`user-${i}`, { worker })))
  const listening: number[] = []
  house.onSpawn = () => listening.push(house.listening.length)
  const running = house.node.reload.run()
  for (const client of clients) {
    await client.until(() => client.events.length > 0)
    t.match(client.events, [{ eventType: 'core.game.session.draining', payload: { retry_after_ms: Number } }])
    t.ok((await client.ask(PING, {})).success, 'it is served until it moves')
  }
  await house.time.settle(running)
  t.strictSame(listening, [2, 2], 'there are never fewer')
  t.ok(before.every(({ hasEnded }) => hasEnded))
  t.equal(house.listening.length, 2)
  for (const client of clients) t.match(client.closed, { code: 4000, reason: /retry_after_ms/ })
  const back = await clients[0]?.resume()
  t.match(back?.ready, { recovered: true })
})

t.test('a worker whose clients have gone is not waited for', async (t) => {
  const { house } = await openHouse(t, { env: { SHUTDOWN_TIMEOUT: '60s' } })
  const fromMs = house.time.nowMs
  await house.time.settle(house.node.reload.run())
  t.ok(house.time.nowMs - fromMs < 2_000)
})

t.test('what workers read is in force in the new ones; the rest waits for a start', async (t) => {
  const { house, enter } = await openHouse(t, { env: { ...ENV, MAX_ROOMS_PER_CONNECTION: '5' } })
  const joins = async () => {
    const client = await enter('joiner')
    let joined = 0
    while ((await client.ask(JOIN, { room_id: `r${joined}` })).success) joined++
    await client.close()
    return joined
  }
  t.equal(await joins(), 5)
  Object.assign(house.env, { MAX_ROOMS_PER_CONNECTION: '7', HISTORY_TTL: '5m' })
  t.strictSame(await house.ask('reload', null), {
    changed: ['MAX_ROOMS_PER_CONNECTION'],
    at_next_start: ['HISTORY_TTL'],
  })
  t.equal(await codeOf(house.ask('reload', null)), 'CONFLICT', 'one at a time')
  await house.time.until(() => house.workers.length === 4 && house.workers.slice(0, 2).every((w) => w.hasEnded), 60_000)
  t.equal(await joins(), 7)
  t.equal(house.node.reload.config.settings.HISTORY_TTL, 600_000)
})

t.test('a bad configuration is refused with all its mistakes, and nothing is replaced', async (t) => {
  const { house, enter } = await openHouse(t, { env: ENV })
  const alice = await enter('alice')
  Object.assign(house.env, { MAX_ROOMS_PER_CONNECTION: 'lots', RATE_MESSAGES: '0' })
  const asked = house.ask('reload', null)
  await t.rejects(asked, { code: 'BAD_REQUEST', details: { mistakes: Array } })
  await t.rejects(asked, /RATE_MESSAGES.*MAX_ROOMS_PER_CONNECTION/s)
  await house.time.pass(10_000)
  t.equal(house.workers.length, 2)
  t.ok((await alice.ask(PING, {})).success)
  Object.assign(house.env, { MAX_ROOMS_PER_CONNECTION: '7', RATE_MESSAGES: '300' })
  await house.time.settle(house.node.reload.run())
  t.equal(house.workers.length, 4, 'a good one is taken after it')
})

t.test('a new worker that does not come up: the old ones go on as they were', async (t) => {
  const { house, enter } = await openHouse(t, { env: { ...ENV, MAX_ROOMS_PER_CONNECTION: '5' } })
  const before = [...house.workers]
  const alice = await enter('alice')
  house.onSpawn = (worker) => worker.kill()
  house.env['MAX_ROOMS_PER_CONNECTION'] = '7'
  await house.time.settle(house.node.reload.run())
  t.strictSame(
    house.listening.map((worker) => before.indexOf(worker)),
    [0, 1],
  )
  t.ok((await alice.ask(PING, {})).success)
  t.strictSame(alice.events, [], 'nobody was told of it')
  t.equal(house.node.reload.config.settings.MAX_ROOMS_PER_CONNECTION, 5, 'nor is it in force for who starts now')
  house.onSpawn = () => {}
  await house.time.settle(house.node.reload.run())
  t.equal(house.listening.length, 2)
  t.equal(house.node.reload.config.settings.MAX_ROOMS_PER_CONNECTION, 7, 'it can be tried again')
})

t.test('the second of the new workers does not come up: one is new, one is old, and both serve', async (t) => {
  const { house, enter } = await openHouse(t, { env: ENV })
  const [first, second] = house.workers
  let spawned = 0
  house.onSpawn = (worker) => ++spawned === 2 && worker.kill()
  await house.time.settle(house.node.reload.run())
  t.strictSame(house.listening, [second, house.workers[2]])
  t.ok(first?.hasEnded)
  for (const worker of house.listening) t.ok((await (await enter('alice', { worker })).ask(PING, {})).success)
})

t.test('an old worker that dies while its successor starts is not replaced twice', async (t) => {
  const { house } = await openHouse(t, { env: ENV })
  const [first] = house.workers
  house.onSpawn = () => {
    house.onSpawn = () => {}
    first?.kill()
  }
  await house.time.settle(house.node.reload.run())
  await house.time.pass(10_000)
  t.equal(house.listening.length, 2)
  t.equal(house.workers.length, 4)
})

t.test('an old worker and its successor die together: there is another one all the same', async (t) => {
  const { house } = await openHouse(t, { env: ENV })
  const [first] = house.workers
  house.onSpawn = (worker) => {
    house.onSpawn = () => {}
    first?.kill()
    worker.kill()
  }
  await house.time.settle(house.node.reload.run())
  await house.time.pass(10_000)
  t.equal(house.listening.length, 2)
})

t.test('a worker that has to be ended because its clients stay costs SHUTDOWN_TIMEOUT, and not more', async (t) => {
  const { house, enter } = await openHouse(t, { env: { ...ENV, WORKERS: '1' } })
  const alice = await enter('alice')
  house.faults.delayMs = 1_000_000
  alice.request('core.game.state.broadcast', { message: 'never answered' })
  const fromMs = house.time.nowMs
  await house.time.settle(house.node.reload.run())
  t.ok(house.time.nowMs - fromMs <= 3_200)
  t.match(alice.closed, { code: 4000 })
  house.faults.delayMs = 0
})

t.test('who is let in while its worker drains is told so, behind its first frame', async (t) => {
  const { house, enter, pass } = await openHouse(t, { env: { ...ENV, WORKERS: '1' } })
  const old = house.worker(0)
  const hear = old.unheard()
  const entering = enter('late', { worker: old })
  await pass(20)
  const running = house.node.reload.run()
  await house.time.until(() => !old.isListening, 5_000)
  hear()
  const late = await entering
  t.match(late.frames[0], { eventType: 'core.game.session.ready' })
  await late.until(() => late.events.length > 0)
  t.match(late.events, [{ eventType: 'core.game.session.draining' }])
  await late.close()
  await house.time.settle(running)
})

t.test(
  'who does not move in its time is refused what it asks then, until what it asked before is answered',
  async (t) => {
    const { house, enter, pass } = await openHouse(t, { env: { ...ENV, WORKERS: '1' } })
    const alice = await enter('alice')
    const running = house.node.reload.run()
    await alice.until(() => alice.events.length > 0)
    await pass(800)
    t.ok((await alice.ask('core.game.state.broadcast', { message: 'in time' })).success)
    house.faults.delayMs = 1_000_000
    alice.request('core.game.state.broadcast', { message: 'under way' })
    await pass(300)
    t.match(await alice.ask('core.game.state.broadcast', { message: 'too late' }), { error: { code: 'DRAINING' } })
    t.ok((await alice.ask(PING, {})).success)
    t.match(await alice.end(), { code: 4000 })
    house.faults.delayMs = 0
    await house.time.settle(running)
  },
)
