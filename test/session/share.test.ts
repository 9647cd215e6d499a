import t from 'tap'
import type { UserId } from '../../src/protocol/ids.ts'
import { Shares } from '../../src/session/shares.ts'
import type { Share, ShareRates } from '../../src/session/share.ts'
import { createManualClock } from '../helpers/manual-clock.ts'

const MUCH = 1e9
const NO_LIMIT: ShareRates = {
  messagesPerSecond: MUCH,
  bytesPerSecond: MUCH,
  joinsPerSecond: MUCH,
  logBytesPerSecond: MUCH,
  broadcastBytesPerSecond: MUCH,
  messageBytesPerSecond: MUCH,
}
const [BOB, CAROL] = ['bob' as UserId, 'carol' as UserId]
const BYTES = 100

/** What takes from a share; each gives whether it passed. */
const TAKES: Readonly<Record<string, (share: Share, nowMs: number) => boolean>> = {
  frame: (share, nowMs) => share.waitMs(BYTES, nowMs) === 0,
  reply: (share, nowMs) => {
    const passed = share.waitMs(0, nowMs) === 0
    if (passed) share.spend(BYTES)
    return passed
  },
  join: (share, nowMs) => share.waitMs(0, nowMs) === 0 && share.join() === undefined,
  room: (share, nowMs) => share.waitMs(0, nowMs) === 0 && share.say(BYTES, 10) === undefined,
  namespace: (share, nowMs) => share.waitMs(0, nowMs) === 0 && share.broadcast(BYTES) === undefined,
  message: (share, nowMs) => share.waitMs(0, nowMs) === 0 && share.message(BOB, BYTES) === undefined,
}

/** What passes in ten seconds where one rate is 1,000 a second, and the rest is without bounds. All of it where that rate is not about it. */
const PASSED: Readonly<Record<keyof ShareRates, Readonly<Partial<Record<string, number>>>>> = {
  messagesPerSecond: { frame: 14_000, reply: 14_000, join: 14_000, room: 14_000, namespace: 14_000, message: 14_000 },
  bytesPerSecond: { frame: 140, reply: 140, room: 14, message: 140 },
  joinsPerSecond: { join: 14_000 },
  logBytesPerSecond: { room: 140, namespace: 140, message: 140 },
  broadcastBytesPerSecond: { namespace: 140 },
  messageBytesPerSecond: { message: 140 },
}
const TRIED_MAX = 20_000

function setUp(rates: Partial<ShareRates> = {}) {
  const clock = createManualClock(0)
  const shares = new Shares({ rates: { ...NO_LIMIT, ...rates }, exemptLoopback: true, clock })
  return { clock, shares, share: shares.of('alice') }
}

for (const [rate, passed] of Object.entries(PASSED)) {
  for (const [what, take] of Object.entries(TAKES)) {
    const most = passed[what]
    t.test(`${rate} and ${what}`, async (t) => {
      const { share } = setUp({ [rate]: 1_000 })
      let count = 0
      for (let i = 0; i < TRIED_MAX; i++) if (take(share, (i * 10_000) / TRIED_MAX)) count++
      if (most === undefined) t.equal(count, TRIED_MAX)
      else t.ok(count > most * 0.95 && count <= most + 1, `${count} of at most ${most}`)
    })
  }
}

t.test('a part of a share is as much less', async (t) => {
  const { shares, share } = setUp({ messagesPerSecond: 10 })
  shares.setParts('alice', 4)
  const passed = (nowMs: number) => {
    let count = 0
    while (share.waitMs(0, nowMs) === 0) count++
    return count
  }
  t.equal(passed(0), 10, 'a quarter of the burst')
  t.equal(passed(1_000), 3, 'and of the rate')
  shares.setParts('alice', 1)
  t.equal(passed(2_000), 8)
})

t.test('whose share it is', async (t) => {
  const { shares } = setUp()
  const of = (access: 'private' | 'guest', addressKey: string) => shares.keyOf({ access, userId: BOB, addressKey })
  t.equal(of('private', '192.0.2.1'), BOB)
  t.equal(of('guest', '192.0.2.1'), '192.0.2.1')
  t.equal(of('guest', '127.0.0.1'), BOB, 'behind a proxy that names nobody')
  const strict = new Shares({ rates: NO_LIMIT, exemptLoopback: false, clock: createManualClock(0) })
  t.equal(strict.keyOf({ access: 'guest', userId: BOB, addressKey: '127.0.0.1' }), '127.0.0.1')
})

t.test('what is said to one user does not count for another', async (t) => {
  const { share } = setUp({ messageBytesPerSecond: 25 })
  share.waitMs(0, 0)
  t.equal(share.message(BOB, 100), undefined)
  t.match(share.message(BOB, 1), { kind: 'messages', waitMs: 40 })
  t.equal(share.message(CAROL, 100), undefined)
})

t.test('while the history is too short an event takes more', async (t) => {
  const { shares, share } = setUp({ logBytesPerSecond: 100 })
  shares.setLogPrice(4)
  share.waitMs(0, 0)
  t.equal(share.say(100, 1), undefined)
  t.match(share.say(1, 1), { kind: 'log' })
})

t.test('a share is the same for all until it is at rest, and then nobody keeps it', async (t) => {
  const { shares, share } = setUp({ messagesPerSecond: 1, messageBytesPerSecond: 10 })
  share.waitMs(0, 0)
  shares.forgetAtRest(500)
  t.equal(shares.of('alice'), share)
  share.message(BOB, 30)
  shares.forgetAtRest(2_000)
  t.equal(shares.of('alice'), share, 'what was said to bob still counts')
  shares.forgetAtRest(4_000)
  t.not(shares.of('alice'), share)
})

t.test('a share of which requests are under way stays the same one', async (t) => {
  const clock = createManualClock()
  const shares = new Shares({ rates: NO_LIMIT, exemptLoopback: false, clock })
  const share = shares.of('alice')
  share.callsUnderWay++
  shares.forgetAtRest(clock.nowMs())
  t.equal(shares.of('alice'), share)
  share.callsUnderWay--
  shares.forgetAtRest(clock.nowMs())
  t.not(shares.of('alice'), share)
})

t.test('what was overdrawn is made good in four seconds, however many got it', async (t) => {
  const clock = createManualClock()
  const rates = { ...NO_LIMIT, bytesPerSecond: 4_194_304 }
  const share = new Shares({ rates, exemptLoopback: false, clock }).of('alice')
  t.equal(share.waitMs(100, clock.nowMs()), 0)
  t.equal(share.say(16_384, 10_000), undefined)
  const waitMs = share.waitMs(100, clock.nowMs())
  t.ok(waitMs > 3_900 && waitMs <= 4_001, `${waitMs} ms`)
})
