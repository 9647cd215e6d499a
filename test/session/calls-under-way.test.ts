import t from 'tap'
import { CallsUnderWay, type Caller } from '../../src/session/calls-under-way.ts'

function setUp({ perConnectionMax = 3, perUserMax = 5, perWorkerMax = 8 } = {}) {
  const state = { isLinkFull: false }
  const calls = new CallsUnderWay({
    limits: { perConnectionMax, perUserMax, perWorkerMax },
    isLinkFull: () => state.isLinkFull,
  })
  const shares = new Map<string, Caller['share']>()
  const connect = (user: string): Caller => {
    const share = shares.get(user) ?? { callsUnderWay: 0 }
    shares.set(user, share)
    return { callsUnderWay: 0, share }
  }
  /** How many calls it can begin. */
  const beginAll = (caller: Caller): number => {
    for (let count = 0; count < 100; count++) {
      try {
        calls.begin(caller)
      } catch (thrown) {
        t.match(thrown, { code: 'OVERLOADED', details: { retry_after_ms: Number } })
        return count
      }
    }
    return Infinity
  }
  return { calls, state, connect, beginAll }
}

t.test('a connection may have so many requests under way, and another one when one is answered', async (t) => {
  const { calls, connect, beginAll } = setUp()
  const alice = connect('alice')
  t.equal(beginAll(alice), 3)
  calls.end(alice)
  t.equal(beginAll(alice), 1)
})

t.test('so may all connections of a user together; one request of each is always taken', async (t) => {
  const { connect, beginAll } = setUp()
  const theirs = [connect('alice'), connect('alice'), connect('alice'), connect('alice')]
  t.strictSame(theirs.map(beginAll), [3, 2, 1, 1])
  t.equal(beginAll(connect('bob')), 1, 'so many are under way at the worker: seven and one')
})

t.test('so may all connections of a worker', async (t) => {
  const { calls, connect, beginAll } = setUp()
  const all = Array.from({ length: 5 }, (_, i) => connect(`user ${i}`))
  t.strictSame(all.map(beginAll), [3, 3, 2, 1, 1])
  t.equal(calls.count, 10)
})

t.test('a primary that does not read is asked nothing', async (t) => {
  const { state, connect, beginAll } = setUp()
  state.isLinkFull = true
  t.equal(beginAll(connect('alice')), 0)
})
