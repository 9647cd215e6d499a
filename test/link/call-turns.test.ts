import t from 'tap'
import { CallTurns, type LaneEnd } from '../../src/link/call-turns.ts'
import { createManualClock } from '../helpers/manual-clock.ts'

/** Turns whose event loop is turned by hand; each call takes a millisecond. */
function setUp(sliceMs = 3) {
  const clock = createManualClock()
  const waiting: (() => void)[] = []
  const turns = new CallTurns<string>({ clock, sliceMs, nextTurn: (action) => void waiting.push(action) })
  const done: string[] = []
  const open = (end: Partial<LaneEnd<string>> = {}) => {
    const run = (call: string) => {
      done.push(call)
      clock.pass(1)
    }
    const refuse = (call: string) => void done.push(`${call} refused`)
    return turns.lane({ run, runWaiting: run, refuse, isFull: () => false, ...end })
  }
  /** One turn of the loop. Gives what was done in it. */
  const turn = (): readonly string[] => {
    const from = done.length
    for (const action of waiting.splice(0)) action()
    return done.slice(from)
  }
  return { clock, turns, done, open, turn }
}

t.test('a call is carried out at once while there is time in this turn of the loop', async (t) => {
  const { turns, done, open, turn } = setUp()
  const lane = open()
  for (const call of ['a', 'b', 'c', 'd']) lane.add(1, call)
  t.strictSame(done, ['a', 'b', 'c'])
  t.equal(turns.waiting, 1)
  t.strictSame(turn(), ['d'])
  turn()
  lane.add(1, 'e')
  t.strictSame(done.at(-1), 'e', 'and again in a later one')
})

t.test('1,000 calls of one connection keep another one waiting for one call', async (t) => {
  const { done, open, turn } = setUp()
  const lane = open()
  for (let i = 0; i < 1_000; i++) lane.add(1, `greedy ${i}`)
  lane.add(2, 'honest')
  turn()
  t.ok(done.indexOf('honest') >= 0, 'it is done in the next slice')
  const behind = done.slice(3, done.indexOf('honest'))
  t.ok(behind.length <= 1, `behind ${behind.length} of the other`)
})

t.test('who comes when others wait waits for one call of each, on whatever link', async (t) => {
  const { done, open, turn } = setUp(0)
  const lanes = [open(), open()]
  const connections = Array.from({ length: 16 }, (_, i) => i + 1)
  for (let i = 0; i < 200; i++) for (const from of connections) lanes[from % 2]?.add(from, `greedy ${from}`)
  for (let i = 0; i < 40; i++) turn()
  const from = done.length
  lanes[0]?.add(99, 'honest')
  for (let i = 0; i <= connections.length; i++) turn()
  const before = done.slice(from, done.indexOf('honest'))
  t.equal(before.length, connections.length)
  t.equal(new Set(before).size, connections.length, 'each was served once')
})

t.test('the calls of one connection keep their order', async (t) => {
  const { done, open, turn } = setUp(0)
  const lane = open()
  const calls = Array.from({ length: 50 }, (_, i) => `${i}`)
  for (const call of calls) {
    lane.add(1, call)
    lane.add(2, 'other')
    if (Number(call) % 7 === 0) turn()
  }
  for (let i = 0; i < 100; i++) turn()
  t.strictSame(
    done.filter((call) => call !== 'other'),
    calls,
  )
})

t.test('in a turn of the loop calls take no longer than a slice', async (t) => {
  const { clock, open, turn } = setUp(5)
  const lane = open()
  for (let i = 0; i < 1_000; i++) lane.add(i, `${i}`)
  for (let i = 0; i < 10; i++) {
    const fromMs = clock.nowMs()
    t.equal(turn().length, 5)
    t.equal(clock.nowMs() - fromMs, 5)
  }
})

t.test('the calls of a full link wait until it is drained, and keep nobody else waiting', async (t) => {
  const { done, open, turn } = setUp(0)
  let isFull = true
  const full = open({ isFull: () => isFull })
  const other = open()
  full.add(1, 'of the full link')
  full.add(1, 'its second')
  other.add(1, 'other')
  for (let i = 0; i < 5; i++) turn()
  t.strictSame(done, ['other'])
  isFull = false
  full.goOn()
  for (let i = 0; i < 5; i++) turn()
  t.strictSame(done, ['other', 'of the full link', 'its second'])
})

t.test('a link that becomes full while its calls wait has no more turns', async (t) => {
  const { done, open, turn } = setUp(0)
  let isFull = false
  const lane = open({ isFull: () => isFull })
  for (const call of ['a', 'b', 'c']) lane.add(1, call)
  isFull = true
  for (let i = 0; i < 5; i++) turn()
  t.strictSame(done, ['a'])
  isFull = false
  lane.goOn()
  for (let i = 0; i < 5; i++) turn()
  t.strictSame(done, ['a', 'b', 'c'])
})

t.test('while a link owes far too much the calls of all are refused', async (t) => {
  const { done, open } = setUp()
  const [stuck, other, gone] = [open(), open(), open()]
  stuck.stuck()
  gone.stuck()
  other.add(1, 'call')
  stuck.goOn()
  other.add(1, 'call')
  gone.close()
  other.add(1, 'call')
  t.strictSame(done, ['call refused', 'call refused', 'call'])
})

t.test('what waits for a turn when its link is closed is not done', async (t) => {
  const { done, open, turn } = setUp(0)
  const lane = open()
  for (const call of ['a', 'b']) lane.add(1, call)
  lane.close()
  for (let i = 0; i < 5; i++) turn()
  t.strictSame(done, ['a'])
})
