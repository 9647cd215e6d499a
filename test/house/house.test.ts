import t from 'tap'
import { connect } from '../../src/client/index.ts'
import { House } from '../helpers/house/house.ts'
import { simulateTime } from '../helpers/house/sim-time.ts'

t.test('two players in a room of one house', async (t) => {
  const realMs = performance.now()
  const house = await House.open({ seed: 7 })
  t.teardown(() => house.close())
  const play = (name: string) =>
    connect({
      url: house.url,
      namespace: 'private',
      token: house.mint(name),
      WebSocket: house.network.webSocket(() => {}),
    })
  const alice = await house.time.settle(play('alice'))
  const bob = await house.time.settle(play('bob'))
  const heard: unknown[] = []
  bob.on('core.game.state.broadcast', ({ payload }) => heard.push(payload.message))
  await house.time.settle(Promise.all([alice.join('arena'), bob.join('arena')]))
  await house.time.settle(alice.broadcast({ x: 1 }, { room: 'arena' }))
  t.ok(await house.time.until(() => heard.length === 1, 1_000))
  t.strictSame(heard, [{ x: 1 }])
  await house.time.pass(60_000)
  t.equal(alice.status, 'ready')
  t.equal(house.node.context.registry.countHere, 2)
  alice.close()
  bob.close()
  await house.time.pass(1_000)
  t.equal(house.node.context.registry.countHere, 0)
  await house.close()
  t.comment(`${Math.round(performance.now() - realMs)} ms`)
})

t.test('a house that cannot be stopped says so, and gives the process its own time back', async (t) => {
  const { setTimeout: real } = globalThis
  const house = await House.open()
  const { supervisor } = house.node
  const stop = supervisor.stop.bind(supervisor)
  supervisor.stop = (withinMs) => (withinMs > 0 ? Promise.reject(new Error('not now')) : stop(withinMs))
  await t.rejects(house.close(), { message: 'not now' })
  t.ok(house.workers.every(({ hasEnded }) => hasEnded))
  t.equal(globalThis.setTimeout, real)
})

t.test(
  'what goes round without time passing ends the simulation, and so does a delay that Node does not keep',
  async (t) => {
    const time = simulateTime(t)
    for (const delayMs of [NaN, Infinity, 2 ** 31]) t.throws(() => setInterval(() => {}, delayMs), RangeError)
    await time.pass(10)
    const again = () => void setImmediate(again)
    again()
    await t.rejects(time.pass(10), { message: 'something loops at 10 ms without letting time pass' })
  },
)
