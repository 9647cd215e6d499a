import t from 'tap'
import { House } from '../helpers/house/house.ts'
import { openHouse } from '../helpers/house/open-house.ts'

const PING = 'core.game.session.ping'

t.test('a worker that dies after it has served is replaced at once, and the others do not notice', async (t) => {
  const { house, enter, pass } = await openHouse(t)
  const clients = await Promise.all([0, 1].map((place) => enter(`user-${place}`, { worker: house.worker(place) })))
  const [victim, other] = clients
  await pass(2_000)
  house.worker(0).kill()
  await house.time.until(() => house.listening.length === 2 && house.workers.length === 3, 1_000)
  t.equal(house.listening.length, 2)
  t.match(victim?.closed, { code: 1006 })
  t.ok((await other?.ask(PING, {}))?.success)
  t.match((await victim?.resume())?.ready, { recovered: true })
})

t.test('a worker that dies again and again is started later each time, and at once after it was well', async (t) => {
  const { house, pass } = await openHouse(t, { env: { WORKERS: '1' } })
  const waits: number[] = []
  for (let death = 1; death <= 9; death++) {
    await house.time.until(() => house.listening.length === 1, 60_000)
    const diedAtMs = house.time.nowMs
    house.onSpawn = () => waits.push(house.time.nowMs - diedAtMs)
    house.worker(0).kill()
    await house.time.until(() => waits.length === death, 60_000)
  }
  t.strictSame(
    waits.map((ms) => Math.round(ms)),
    [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000],
  )
  await pass(3_000)
  const diedAtMs = house.time.nowMs
  house.onSpawn = () => waits.push(house.time.nowMs - diedAtMs)
  house.worker(0).kill()
  await house.time.until(() => waits.length === 10, 60_000)
  t.ok(Number(waits[9]) < 10)
})

t.test('a worker that is stopped is found after the pings it missed, and replaced', async (t) => {
  const { house, enter, pass } = await openHouse(t)
  const [stuck, other] = [house.worker(0), house.worker(1)]
  const there = await enter('there', { worker: other })
  await pass(500)
  stuck.freeze()
  await pass(6_500)
  t.notOk(stuck.hasEnded)
  t.match(house.node.supervisor.health, { missing: 1, of: 2, fault: '1 of 2 workers do not answer' })
  await pass(2_500)
  t.ok(stuck.hasEnded)
  t.equal(house.listening.length, 2)
  t.match(house.node.supervisor.health, { missing: 0, fault: undefined })
  t.equal(there.closed, undefined)
})

t.test('a worker that is stopped for a moment goes on', async (t) => {
  const { house, enter, pass } = await openHouse(t)
  const stuck = house.worker(0)
  const alice = await enter('alice', { worker: stuck })
  for (let i = 0; i < 3; i++) {
    stuck.freeze()
    await pass(6_000)
    stuck.thaw()
    await pass(2_000)
  }
  t.notOk(stuck.hasEnded)
  t.equal(house.workers.length, 2)
  t.ok((await alice.ask(PING, {})).success)
})

t.test('a primary that was stopped itself does not take its workers for dead', async (t) => {
  const { house, enter, pass } = await openHouse(t)
  const alice = await enter('alice')
  // The workers have answered, and what they said waits to be read.
  const release = house.workers.map((worker) => worker.unheard())
  await pass(7_500)
  house.time.stall(10_000)
  await pass(200)
  t.ok(house.workers.every(({ hasEnded }) => !hasEnded))
  release.forEach((hear) => hear())
  await pass(10_000)
  t.equal(house.workers.length, 2)
  t.ok((await alice.ask(PING, {})).success)
})

t.test('workers that die at their start three times in a row: the start fails', async (t) => {
  let spawned = 0
  const opening = House.open({
    env: { WORKERS: '1' },
    onSpawn: (worker) => {
      spawned++
      worker.kill()
    },
  })
  await t.rejects(opening, /workers end at their start/)
  t.equal(spawned, 3)
})

t.test('one that dies at its start now and then does not make it fail', async (t) => {
  let spawned = 0
  const onSpawn = (worker: { kill: () => void }) => ++spawned <= 2 && worker.kill()
  const { house } = await openHouse(t, { env: { WORKERS: '1' }, onSpawn })
  t.equal(house.listening.length, 1)
})

t.test('a worker that never listens is ended after half a minute, and another one is tried', async (t) => {
  const { house, pass } = await openHouse(t)
  house.onSpawn = (worker) => {
    house.onSpawn = () => {}
    worker.freeze()
  }
  house.worker(0).kill()
  await pass(30_000)
  t.equal(house.workers.length, 3)
  await pass(3_000)
  t.ok(house.workers[2]?.hasEnded)
  t.equal(house.listening.length, 2)
})
