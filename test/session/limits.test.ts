import t from 'tap'
import { ConnectionLimits } from '../../src/session/limits.ts'

const RATES = { messagesPerSecond: 10, bytesPerSecond: 1000, frameBytesMax: 500 }

t.test('limits are at rest when made anew they would be the same', async (t) => {
  const limits = new ConnectionLimits(RATES, 0)
  t.ok(limits.isAtRest(0))
  limits.waitMs(100, 0)
  t.notOk(limits.isAtRest(50), 'neither bucket is full')
  t.ok(limits.isAtRest(150))
})

t.test('who sent too much is remembered until that would not count any more', async (t) => {
  const limits = new ConnectionLimits({ ...RATES, messagesPerSecond: 1_000_000 }, 0)
  t.equal(limits.waitMs(4000, 0), 0)
  t.ok(limits.waitMs(500, 0) > 0)
  t.notOk(limits.isAtRest(1_000))
  t.ok(limits.isAtRest(5_000))
})

t.test('so is who sent what was no request', async (t) => {
  const limits = new ConnectionLimits(RATES, 0)
  t.notOk(limits.isOneBadFrameTooMany(70_000))
  t.notOk(limits.isAtRest(100_000))
  t.ok(limits.isAtRest(131_000))
})
