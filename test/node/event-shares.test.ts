import t from 'tap'
import { EventShares } from '../../src/node/event-shares.ts'
import { namespaceChannel, type Namespace, type UserId } from '../../src/protocol/ids.ts'
import { createManualClock } from '../helpers/manual-clock.ts'

const GUESTS = namespaceChannel('guest' as Namespace)
const PLAYERS = namespaceChannel('private' as Namespace)
const user = (name: string) => name as UserId

function setUp() {
  const clock = createManualClock()
  return { clock, shares: new EventShares({ broadcastBytesPerSecond: 100, messageBytesPerSecond: 100, clock }) }
}

t.test('namespaces and users have a budget each, and who waits as long as was said passes', async (t) => {
  const { clock, shares } = setUp()
  for (const [one, other] of [
    [(isLimited: boolean) => shares.toNamespace(GUESTS, 400, isLimited), () => shares.toNamespace(PLAYERS, 400, true)],
    [(isLimited: boolean) => shares.toUser(user('bob'), 400, isLimited), () => shares.toUser(user('carol'), 400, true)],
  ] as const) {
    t.equal(one(true), 0)
    const waitMs = one(true)
    t.equal(waitMs, 10)
    t.equal(other(), 0, 'another one')
    clock.pass(waitMs)
    t.equal(one(true), 0)
    t.equal(one(false), 0, 'an operator is not refused')
    t.ok(one(true) > 3_000, 'but counts')
  }
})

t.test('users to whom nothing is said any more are forgotten, others are not', async (t) => {
  const { clock, shares } = setUp()
  shares.toUser(user('bob'), 100_000, true)
  for (let i = 0; i < 5_000; i++) {
    clock.pass(0.5)
    t.equal(shares.toUser(user(`u${i}`), 1, true), 0)
  }
  t.ok(shares.toUser(user('bob'), 1, true) > 0)
})
