import t from 'tap'
import { AttemptRates } from '../../src/door/admission.ts'
import { NodeRates } from '../../src/door/node-rates.ts'
import { createManualClock } from '../helpers/manual-clock.ts'

const RATE = 100
const BURST = 400
const ADDRESS = '192.0.2.1'

function setUp({ workers = 4, exemptLoopback = true } = {}) {
  const clock = createManualClock(0)
  let told = 0
  const all: NodeRates[] = Array.from({ length: workers }, (_, i) => {
    const rates = new AttemptRates({ ratePerAddress: RATE, burst: BURST, exemptLoopback, clock })
    const tell: ConstructorParameters<typeof NodeRates>[0]['tell'] = (taken) => {
      told += taken.length
      for (const [j, other] of all.entries()) if (j !== i) other.takenElsewhere(taken)
    }
    return new NodeRates({ rates, ratePerAddress: RATE, workers, tell })
  })
  /** So many requests a second to each of these workers. Returns how many passed. */
  const ask = (seconds: number, perSecond: number, of: readonly NodeRates[] = all, address = ADDRESS) => {
    let passed = 0
    for (let i = 0; i < seconds * 20; i++) {
      for (const worker of of) for (let n = 0; n < perSecond / 20; n++) if (worker.take(address) === 0) passed++
      clock.pass(50)
      if (i % 5 === 4) for (const worker of all) worker.tell()
    }
    return passed
  }
  return { all, ask, told: () => told }
}

t.test('an address has its rate once, at how many workers it may ask', async (t) => {
  const { ask } = setUp()
  const passed = ask(60, 1_000)
  t.ok(passed <= BURST + RATE * 60 + 4 * BURST, `${passed} in the first minute, with what came at once`)
  const then = ask(60, 1_000)
  t.ok(then <= RATE * 60 * 1.5 && then >= RATE * 60 * 0.5, `${then} in the second`)
})

t.test('who asks one worker only has all of the rate', async (t) => {
  const { all, ask } = setUp()
  const passed = ask(60, 1_000, all.slice(0, 1))
  t.ok(passed >= RATE * 60 && passed <= BURST + RATE * 60, `${passed}`)
})

t.test('who asks less than the rate is not refused, and of who asks little nobody is told', async (t) => {
  const { ask, told } = setUp()
  t.equal(ask(60, 20), 20 * 60 * 4)
  const before = told()
  t.ok(before > 0)
  const { ask: askLittle, told: toldLittle } = setUp({ workers: 2 })
  t.equal(askLittle(60, 20, undefined, '192.0.2.9'), 20 * 60 * 2)
  t.equal(toldLittle(), 0)
})

t.test('loopback stays exempt, and one worker tells nobody', async (t) => {
  const { ask } = setUp()
  t.equal(ask(10, 1_000, undefined, '127.0.0.1'), 4 * 10_000)
  const { ask: askOne, told } = setUp({ workers: 1 })
  askOne(10, 1_000)
  t.equal(told(), 0)
})
