/** What games hear of the shop: inventories at the join, and each purchase behind that once and in order, whatever breaks in between. */
import t from 'tap'
import { GAME } from '../helpers/games/open-games.ts'
import { BUY, openShop, type OpenShop } from '../helpers/games/shoppers.ts'
import { deafStall, stall } from '../helpers/games/stall.ts'
import type { PlainClient } from '../helpers/house/plain-client.ts'

const SETTLE_MS = 10_000

async function buy(client: PlainClient, good_id: string, count = 1): Promise<string> {
  const { data, error } = await client.ask(BUY, { good_id, count })
  if (!data) throw new Error(`not bought: ${JSON.stringify(error)}`)
  return String(data['purchase_id'])
}

/** The seat has heard of all that was bought since it was taken, and of nothing else. */
async function hasHeardAll(t: Tap, shop: OpenShop, room: string, { user, bought }: { user: string; bought: number }) {
  const receipts = await shop.receiptsOf(user)
  const seat = await shop.seatIn(room, user)
  const own = (some: typeof receipts) => {
    const owned: Record<string, number> = {}
    for (const { good_id, count } of some) owned[good_id] = (owned[good_id] ?? 0) + count
    return owned
  }
  const before = receipts.length - bought
  t.strictSame(seat?.had, own(receipts.slice(0, before)), `${user}: what was bought before the join`)
  t.strictSame(
    seat?.heard,
    receipts.slice(before).map(({ purchase_id }) => purchase_id),
    `${user}: what was bought behind it`,
  )
  t.strictSame(seat?.has, own(receipts), `${user}: all of it`)
}

type Tap = Parameters<typeof openShop>[0]

t.test('a seat is given what its player owns, and hears of what is bought then, in each room', async (t) => {
  const shop = await openShop(t, [stall, deafStall])
  const [alice, bob] = [await shop.enterRich('alice'), await shop.enterRich('bob')]
  await buy(alice, 'sword')
  await buy(alice, 'potion', 3)
  const room = await shop.find(alice)
  t.strictSame((await shop.seatIn(room, 'alice'))?.had, { sword: 1, potion: 3 })
  await buy(alice, 'potion', 2)
  const other = await shop.make()
  t.match(await alice.ask(GAME.join, { room_id: other }), { success: true })
  await shop.find(bob)
  await buy(alice, 'shield')
  await buy(bob, 'shield')
  await shop.pass(1_000)
  await hasHeardAll(t, shop, room, { user: 'alice', bought: 2 })
  await hasHeardAll(t, shop, room, { user: 'bob', bought: 1 })
  await hasHeardAll(t, shop, other, { user: 'alice', bought: 1 })
})

t.test('a game that has no bought hears of nothing, and costs nothing', async (t) => {
  const { house, enterRich, find, seatIn, pass } = await openShop(t, [deafStall])
  const alice = await enterRich('alice')
  await buy(alice, 'sword')
  const room = await find(alice)
  t.equal(house.node.context.games.purchases.size, 0)
  await buy(alice, 'sword')
  await pass(1_000)
  t.strictSame(await seatIn(room, 'alice'), { had: { sword: 1 }, heard: [], has: {} })
})

t.test('what is bought while the host is away is heard from the next one, once and in order', async (t) => {
  const shop = await openShop(t, [stall])
  const alice = await shop.enterRich('alice')
  const room = await shop.find(alice)
  for (let round = 0; round < 3; round++) {
    await buy(alice, 'potion')
    for (const host of shop.house.hosts) if (!host.hasEnded) host.kill()
    for (let i = 0; i < 5; i++) await buy(alice, 'potion')
    await shop.pass(SETTLE_MS)
  }
  for (const host of shop.house.hosts) if (!host.hasEnded) host.freeze()
  await buy(alice, 'sword')
  await shop.pass(3 * SETTLE_MS)
  await hasHeardAll(t, shop, room, { user: 'alice', bought: 19 })
})

t.test('what is bought while a seat is held, by another device or in a rush, is heard', async (t) => {
  const shop = await openShop(t, [stall])
  const [phone, laptop] = [await shop.enterRich('alice'), await shop.enter('alice')]
  const room = await shop.find(phone)
  await phone.close()
  const asked = Array.from({ length: 40 }, () => laptop.request(BUY, { good_id: 'potion', count: 1 }))
  for (const id of asked) await laptop.reply(id)
  const bought = laptop.replies.filter(({ success }) => success).length
  t.ok(bought > 16, `${bought} were bought: more than enter in one tick`)
  await shop.pass(SETTLE_MS)
  await hasHeardAll(t, shop, room, { user: 'alice', bought })
})

t.test('a purchase whose outcome nobody was told is heard', async (t) => {
  const shop = await openShop(t, [stall])
  const alice = await shop.enterRich('alice')
  const room = await shop.find(alice)
  shop.house.faults.unanswered = 1
  t.match(await alice.ask(BUY, { good_id: 'sword', count: 1 }), { error: { code: 'OUTCOME_UNKNOWN' } })
  shop.house.faults.unanswered = 0
  await shop.pass(SETTLE_MS)
  await hasHeardAll(t, shop, room, { user: 'alice', bought: 1 })
})

t.test('what is bought while its player joins is in the inventory or heard, whichever is first', async (t) => {
  const shop = await openShop(t, [stall])
  const alice = await shop.enterRich('alice')
  for (let round = 0; round < 20; round++) {
    shop.house.faults.delayMs = 400
    const buying = alice.request(BUY, { good_id: 'potion', count: 1 })
    await shop.pass(40 * round)
    const joining = alice.request(GAME.find, { game: 'stall' })
    const room = String((await alice.reply(joining)).data?.['room_id'])
    t.ok((await alice.reply(buying)).success)
    shop.house.faults.delayMs = 0
    await shop.pass(SETTLE_MS)
    const seat = await shop.seatIn(room, 'alice')
    t.strictSame(seat?.has, { potion: round + 1 })
    await hasHeardAll(t, shop, room, { user: 'alice', bought: seat?.heard.length ?? 0 })
    await alice.ask(GAME.leave, { room_id: room })
  }
})

t.test('who leaves and joins again begins with all of it, and hears what comes then', async (t) => {
  const shop = await openShop(t, [stall])
  const [alice, bob] = [await shop.enterRich('alice'), await shop.enterRich('bob')]
  const room = await shop.find(bob)
  await shop.find(alice)
  await buy(alice, 'sword')
  await alice.ask(GAME.leave, { room_id: room })
  await buy(alice, 'shield')
  await shop.find(alice)
  await buy(alice, 'potion')
  await shop.pass(1_000)
  await hasHeardAll(t, shop, room, { user: 'alice', bought: 1 })
  t.equal(shop.house.node.context.games.purchases.size, 2)
  for (const client of [alice, bob]) await client.ask(GAME.leave, { room_id: room })
  await shop.pass(1_000)
  t.equal(shop.house.node.context.games.purchases.size, 0, 'nobody is told any more')
})

t.test('guests own nothing; of more goods than there may be the first bought are told', async (t) => {
  const { enterRich, enterAsGuest, house, find, seatIn } = await openShop(t, [stall], {
    env: { GAME_INVENTORY_GOODS: '2' },
  })
  const asGuests = { namespace: 'guest' as never, options: {}, isLocked: false, password: null, idempotencyKey: null }
  const { room_id } = await house.ask('gameRoomOpen', { ...asGuests, game: 'stall' })
  const guest = await enterAsGuest()
  t.match(await guest.ask(GAME.join, { room_id }), { success: true })
  t.strictSame(await seatIn(room_id, guest.userId), { had: {}, heard: [], has: {} })
  const alice = await enterRich('alice')
  for (const good of ['sword', 'shield', 'potion']) await buy(alice, good)
  t.strictSame((await seatIn(await find(alice), 'alice'))?.had, { sword: 1, shield: 1 })
})

t.test('a refund is not told, and what a player has given back is not in the next inventory', async (t) => {
  const { house, enterRich, find, make, seatIn, pass } = await openShop(t, [stall])
  const alice = await enterRich('alice')
  const purchaseId = await buy(alice, 'sword')
  const room = await find(alice)
  const refund = { userId: 'alice' as never, purchaseId, restock: false, idempotencyKey: 'a-refund-of-a-sword' }
  await house.ask('playerRefund', refund)
  await buy(alice, 'potion')
  await pass(1_000)
  t.match(await seatIn(room, 'alice'), { had: { sword: 1 }, has: { sword: 1, potion: 1 } })
  const other = await make()
  await alice.ask(GAME.join, { room_id: other })
  t.strictSame((await seatIn(other, 'alice'))?.had, { potion: 1 })
})
