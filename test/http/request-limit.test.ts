/** What an answer takes of its address's rate. */
import t from 'tap'
import type { RequestHead } from '../../src/door/request-head.ts'
import { AttemptRates } from '../../src/door/admission.ts'
import { NodeRates, type Taken } from '../../src/door/node-rates.ts'
import { createRequestLimit } from '../../src/http/request-limit.ts'
import { createManualClock } from '../helpers/manual-clock.ts'

const RATE = 10
const BURST = 40
const KIB = 1024

function open() {
  const clock = createManualClock(0)
  const rates = new AttemptRates({ ratePerAddress: RATE, burst: BURST, exemptLoopback: true, clock })
  const told: Taken[] = []
  const ofNode = new NodeRates({ rates, ratePerAddress: RATE, workers: 2, tell: (taken) => told.push(taken) })
  const { limit, answered } = createRequestLimit({
    rates: ofNode,
    bytesPerRequest: 10 * KIB,
    trustedProxies: [],
    onLimited() {},
  })
  const ask = (bytes: number, over: Partial<RequestHead> = {}) => {
    const head = { method: 'GET', path: '/metrics', query: '', headers: [], remoteAddress: '192.0.2.1', ...over }
    if (limit(head)) return false
    answered(head, { status: 200, headers: {}, body: Buffer.alloc(bytes) })
    return true
  }
  /** How many pass before one is refused. */
  const askAll = (bytes: number, over: Partial<RequestHead> = {}) => {
    for (let passed = 0; ; passed++) if (passed > 1_000 || !ask(bytes, over)) return passed
  }
  return { clock, ofNode, told, askAll }
}

t.test('a large answer counts as several requests, a small one as one', async (t) => {
  t.equal(open().askAll(0), BURST)
  t.equal(open().askAll(10 * KIB), BURST)
  t.equal(open().askAll(40 * KIB), BURST / 4)
  const { clock, askAll } = open()
  t.equal(askAll(1024 * KIB), 1, 'what is overdrawn')
  clock.pass(3_000)
  t.equal(askAll(0), 0, 'has to be made good')
  clock.pass(5_000)
  t.equal(askAll(40 * KIB), BURST / 4, 'no more than a burst of it')
})

t.test('of a HEAD nothing is sent, and health and loopback stay exempt', async (t) => {
  t.equal(open().askAll(1024 * KIB, { method: 'HEAD' }), BURST)
  t.ok(open().askAll(0, { path: '/health' }) > BURST)
  t.ok(open().askAll(1024 * KIB, { remoteAddress: '127.0.0.1' }) > BURST)
})

t.test('the other workers are told of it', async (t) => {
  const { askAll, ofNode, told } = open()
  askAll(40 * KIB)
  ofNode.tell()
  t.strictSame(told, [[['192.0.2.1', BURST]]])
})
