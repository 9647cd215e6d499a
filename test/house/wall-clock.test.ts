import t from 'tap'
import type { UserId } from '../../src/protocol/ids.ts'
import { openHouse } from '../helpers/house/open-house.ts'

const BUY = 'core.game.state.buy_good'
const BROADCAST = 'core.game.state.broadcast'
const DAY_MS = 86_400_000
const PURCHASE = { good_id: 'sword', count: 1, idempotency_key: 'purchase-0123456789' }

for (const days of [100, -100]) {
  t.test(`a wall clock that is ${days} days off for 70 s deletes nothing, and ends no session`, async (t) => {
    const { house, enter, pass } = await openHouse(t)
    const credit = { userId: 'alice' as UserId, currency: 'gold', amount: 1_000, idempotencyKey: 'credit-0123456789' }
    await house.ask('playerCredit', credit)
    const alice = await enter('alice')
    const bob = await enter('bob')
    const bought = await alice.ask(BUY, PURCHASE)
    t.match(bought, { success: true, data: { replayed: false } })
    bob.cut()
    await alice.ask(BROADCAST, { message: 'missed' })
    const clockPart = async () => (await house.ask('ready', null)).parts.find(({ part }) => part === 'clock')
    t.match(await clockPart(), { ok: true })

    house.time.jumpWall(days * DAY_MS)
    await pass(70_000)
    t.match(await clockPart(), {
      ok: false,
      reason: `the wall clock has jumped 8640000 s ${days > 0 ? 'ahead' : 'back'}; nothing is deleted because of its age`,
    })
    t.match(await alice.ask(BUY, { ...PURCHASE, idempotency_key: 'purchase-9876543210' }), { success: true })
    house.time.jumpWall(-days * DAY_MS)
    await pass(70_000)

    t.match(await clockPart(), { ok: true })
    t.equal(alice.closed, undefined)
    t.match(await alice.ask(BUY, PURCHASE), { success: true, data: { replayed: true } }, 'the key is known')
    const { items, beginning } = await house.ask('ledgerList', { limit: 100, cursor: null })
    t.equal(items.length, 3)
    t.equal(beginning, null)
    const dates = items.map((line) => (JSON.parse(line) as { at: number }).at)
    t.strictSame(
      dates,
      dates.toSorted((a, b) => a - b),
    )
    t.ok((dates.at(-1) ?? 0) - (dates[0] ?? 0) < 10 * 60_000, 'an entry is dated by what was lived')
    const back = await bob.resume()
    t.match(back.ready, { recovered: true, replayed: 1 })
  })
}
