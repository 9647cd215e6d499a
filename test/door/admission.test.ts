import t from 'tap'
import type { Namespace } from '../../src/protocol/ids.ts'
import { createAdmission } from '../../src/door/admission.ts'

const PRIVATE = 'private' as Namespace
const GUEST = 'guest' as Namespace

function setUp(
  options: { ratePerAddress?: number; burst?: number; exemptLoopback?: boolean; addressesMax?: number } = {},
) {
  const time = { nowMs: 0 }
  const random = { fraction: () => time.nowMs / 1_000 }
  const clock = { nowMs: () => time.nowMs, wallMs: () => time.nowMs }
  const admission = createAdmission({ ratePerAddress: 10, burst: 3, exemptLoopback: false, ...options, clock, random })
  const codeFor = (address: string, namespace = PRIVATE) => admission.check(address, namespace)?.code
  return { time, admission, codeFor }
}

t.test('an address has its burst, then its rate', async (t) => {
  const { time, admission, codeFor } = setUp()
  for (let i = 0; i < 3; i++) t.equal(codeFor('192.0.2.1'), undefined)
  const refusal = admission.check('192.0.2.1', PRIVATE)
  t.match(refusal, { code: 'RATE_LIMITED', status: 429, details: { retry_after_ms: 100 } })
  t.equal(codeFor('192.0.2.2'), undefined, 'another address is not concerned')
  time.nowMs = 100
  t.equal(codeFor('192.0.2.1'), undefined, 'it may come again when it was told')
  t.equal(codeFor('192.0.2.1'), 'RATE_LIMITED')
})

t.test('loopback is exempt only where that is said', async (t) => {
  const exempt = setUp({ exemptLoopback: true })
  const counted = setUp({ exemptLoopback: false })
  for (const address of ['127.0.0.1', '::1']) {
    for (let i = 0; i < 3; i++) {
      t.equal(exempt.codeFor(address), undefined)
      t.equal(counted.codeFor(address), undefined)
    }
    t.equal(exempt.codeFor(address), undefined)
    t.equal(counted.codeFor(address), 'RATE_LIMITED')
  }
})

t.test('the addresses remembered are bounded, and a busy one is not forgotten for idle ones', async (t) => {
  const { codeFor } = setUp({ addressesMax: 3, burst: 2 })
  for (const address of ['a', 'a', 'b', 'c']) codeFor(address)
  t.equal(codeFor('a'), 'RATE_LIMITED', 'remembered, and now the latest')
  codeFor('d')
  t.equal(codeFor('a'), 'RATE_LIMITED', 'b was forgotten, not a')
})

t.test('an address that has all its connections is refused until one closes', async (t) => {
  const { admission, codeFor } = setUp()
  admission.setAddressFull('192.0.2.1', true)
  const refusal = admission.check('192.0.2.1', PRIVATE)
  t.match(refusal, { code: 'RATE_LIMITED', status: 429 })
  t.ok(Number(refusal?.details?.['retry_after_ms']) > 0)
  t.equal(codeFor('192.0.2.2'), undefined)
  admission.setAddressFull('192.0.2.1', false)
  t.equal(codeFor('192.0.2.1'), undefined)
})

t.test('a full namespace is refused and the other is not', async (t) => {
  const { admission, codeFor } = setUp()
  admission.setNamespaceFull(GUEST, true)
  t.match(admission.check('192.0.2.1', GUEST), { code: 'OVERLOADED', status: 503 })
  t.equal(codeFor('192.0.2.1', PRIVATE), undefined)
  admission.setNamespaceFull(GUEST, false)
  t.equal(codeFor('192.0.2.1', GUEST), undefined)
})

t.test(
  'while the node is short of memory everybody is refused, each with a time of their own to come back',
  async (t) => {
    const { time, admission, codeFor } = setUp({ exemptLoopback: true })
    admission.setMemoryShort(true)
    const refusals = [0, 500].map((nowMs) => {
      time.nowMs = nowMs
      return admission.check('127.0.0.1', PRIVATE)
    })
    t.match(refusals, [{ code: 'OVERLOADED', status: 503 }, { code: 'OVERLOADED' }])
    t.strictSame(
      refusals.map((refusal) => refusal?.details?.['retry_after_ms']),
      [2_000, 6_000],
    )
    admission.setMemoryShort(false)
    t.equal(codeFor('127.0.0.1'), undefined)
  },
)

t.test('while draining everybody is refused with a time to come back', async (t) => {
  const { admission, codeFor } = setUp({ exemptLoopback: true })
  admission.setDraining(true)
  const refusal = admission.check('127.0.0.1', PRIVATE)
  t.match(refusal, { code: 'DRAINING', status: 503 })
  t.ok(Number(refusal?.details?.['retry_after_ms']) > 0)
  admission.setDraining(false)
  t.equal(codeFor('127.0.0.1'), undefined)
})
