import t, { type Test } from 'tap'
import { delay } from '../../src/base/delay.ts'
import { PacedReads } from '../../src/node/paced-reads.ts'
import { simulateTime } from '../helpers/house/sim-time.ts'

function setUp(t: Test) {
  const time = simulateTime(t)
  const reads = new PacedReads(time.clock)
  let count = 0
  /** Takes so long, and gives how many there were. */
  const taking = (ms: number) => async () => {
    await delay(ms)
    return ++count
  }
  return { time, reads, taking, count: () => count }
}

t.test('reads take a fifth of the time, however many are asked for', async (t) => {
  const { time, reads, taking, count } = setUp(t)
  const all = Array.from({ length: 100 }, (_, i) => reads.read(`page ${i}`, taking(2)))
  await time.pass(500)
  t.equal(count(), 50)
  await time.pass(500)
  t.strictSame(
    await Promise.all(all),
    Array.from({ length: 100 }, (_, i) => i + 1),
    'in the order asked',
  )
})

t.test('who asks for the same is given the same, but nothing that was read before', async (t) => {
  const { time, reads, taking } = setUp(t)
  const first = reads.read('metrics', taking(5))
  const rest = Array.from({ length: 9 }, () => reads.read('metrics', taking(5)))
  await time.pass(100)
  t.equal(await first, 1)
  t.strictSame(
    await Promise.all(rest),
    Array.from({ length: 9 }, () => 2),
    'the first had begun when they asked',
  )
  const late = reads.read('metrics', taking(5))
  await time.pass(100)
  t.equal(await late, 3)
})

t.test('what costs next to nothing does not wait for itself, and is paced all the same', async (t) => {
  const { time, reads } = setUp(t)
  let count = 0
  const look = async () => {
    time.stall(0.25)
    return ++count
  }
  const all = Array.from({ length: 40 }, (_, i) => reads.read(`good ${i}`, look))
  await time.pass(9)
  t.ok(count >= 6 && count <= 9, `${count} in 9 ms`)
  await time.pass(60)
  t.equal((await Promise.all(all)).length, 40)
})

t.test(
  'one that waits for the store holds up the others no longer than it waits itself, and for a moment',
  async (t) => {
    const { time, reads, taking, count } = setUp(t)
    void reads.read('slow', taking(1_000))
    const next = reads.read('next', taking(1))
    await time.pass(1_101)
    t.equal(count(), 2)
    t.equal(await next, 2)
  },
)

t.test('too many are refused, and a failure is told to those who asked for it, alone', async (t) => {
  const { time, reads, taking } = setUp(t)
  const failing = reads.read('bad', () => Promise.reject(new Error('no store')))
  const thrown = reads.read('worse', () => {
    throw new Error('no way')
  })
  const waiting = Array.from({ length: 255 }, (_, i) => reads.read(`page ${i}`, taking(1)))
  await t.rejects(reads.read('one more', taking(1)), { code: 'OVERLOADED', details: { retry_after_ms: 1_000 } })
  await t.rejects(failing, { message: 'no store' })
  const isRefused = t.rejects(thrown, { message: 'no way' })
  await time.pass(2_000)
  await isRefused
  t.equal((await Promise.all(waiting)).length, 255)
})
