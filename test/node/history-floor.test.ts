import t from 'tap'
import { HistoryFloor } from '../../src/node/history-floor.ts'
import { createManualClock } from '../helpers/manual-clock.ts'

function setUp(floorMs: number, ttlMs = 600_000) {
  const clock = createManualClock()
  const hub = { reachMs: Infinity }
  const told: number[] = []
  const floor = new HistoryFloor({ hub, floorMs, ttlMs, clock, onPrice: (price) => told.push(price) })
  const look = (seconds: number) => {
    for (let i = 0; i < seconds; i++) {
      clock.pass(1_000)
      floor.look()
    }
    return told.splice(0)
  }
  return { hub, look, floor }
}

t.test('the price of what is said rises while the history is too short, and falls when it is long again', async (t) => {
  const { hub, look, floor } = setUp(60_000)
  t.strictSame(look(60), [])
  hub.reachMs = 59_000
  t.strictSame(look(10), [2, 4, 8])
  hub.reachMs = 100_000
  t.strictSame(look(10), [], 'long enough, but not so long that more may be said')
  hub.reachMs = 121_000
  t.strictSame(look(2), [4, 2])
  hub.reachMs = Infinity
  t.strictSame(look(10), [1])
  t.equal(floor.price, 1)
})

t.test('what was there before the start is not held against anybody', async (t) => {
  const { hub, look } = setUp(60_000)
  hub.reachMs = 0
  t.strictSame(look(59), [])
})

t.test('without a floor the price stays', async (t) => {
  const { hub, look } = setUp(0)
  hub.reachMs = 1
  t.strictSame(look(10), [])
})

t.test('a history that is kept for less than the floor has to reach back no further than that', async (t) => {
  const { hub, look } = setUp(60_000, 20_000)
  hub.reachMs = 20_000
  t.strictSame(look(70), [])
  hub.reachMs = 19_000
  t.strictSame(look(10), [2, 4, 8])
})
