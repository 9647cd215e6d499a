import { createPublicKey, verify } from 'node:crypto'
import { EVENT } from '../../protocol/events.ts'
import { receiptBytes } from '../../protocol/receipt.ts'
import type { Receipt } from '../../protocol/shapes/shop.ts'
import { systemClock } from '../../base/clock.ts'
import { inBoth, PLAYERS_AND_ADMIN, type Case } from '../case.ts'
import { expectEqual, expectInteger, expectText, expectThat, fieldsOf, listOf, type Fields } from '../expect.ts'
import { expectRefused } from '../http.ts'
import type { Lab, OpenOptions } from '../lab.ts'
import { isEvent, type Peer } from '../peer.ts'

const CURRENCY = 'conformance'

/**
 * Puts a good of this case. Goods cannot be deleted, so they have the same names in every run. Each run puts them again, because
 * the run before has changed them.
 */
async function putGood(lab: Lab, name: string, over: Fields = {}): Promise<string> {
  const id = `conformance-${name}`
  const good = { id, name: id, price: 7, currency: CURRENCY, stock: null, per_user_limit: null, ...over }
  await lab.admin('PUT', `/api/v1/goods/${id}`, good)
  return id
}

/** A purchase of one good of this case, with a key. */
async function requestOf(lab: Lab, name: string) {
  return { good_id: await putGood(lab, name), count: 1, idempotency_key: lab.name('key') }
}

async function richPlayer(lab: Lab, amount: number, options: OpenOptions = {}): Promise<Peer> {
  const player = await lab.player(undefined, options)
  const credit = { currency: CURRENCY, amount, idempotency_key: lab.name('key') }
  await lab.admin('POST', `/api/v1/players/${player.userId}/credit`, credit)
  return player
}

async function expectHas(lab: Lab, player: Peer, balance: number, inventory: Fields): Promise<void> {
  const found = await lab.admin('GET', `/api/v1/players/${player.userId}`)
  const came = { balance: fieldsOf(found['balances'])[CURRENCY], inventory: found['inventory'] }
  expectEqual(came, { balance, inventory }, 'what the player has')
}

async function expectStock(lab: Lab, good: string, stock: number): Promise<void> {
  expectEqual((await lab.admin('GET', `/api/v1/goods/${good}`))['stock'], stock, 'the stock')
}

function purchaseCase(id: string, checks: string, run: (lab: Lab) => Promise<void>, section = 6): Case {
  return { id: `purchase.${id}`, section, checks, needs: PLAYERS_AND_ADMIN, run }
}

const ORDINARY: readonly Case[] = [
  ...inBoth('purchase.receipt', (encoding) => ({
    section: 6,
    checks: 'the reply is a receipt with all fields',
    needs: PLAYERS_AND_ADMIN,
    run: async (lab) => {
      const good_id = await putGood(lab, 'receipt', { stock: 10 })
      const player = await richPlayer(lab, 100, { encoding })
      const receipt = await player.ask(EVENT.buyGood, { good_id, count: 3, idempotency_key: lab.name('key') })
      const { purchase_id, signature, committed_at, ...rest } = receipt
      expectText(purchase_id, 'purchase_id')
      expectText(signature, 'signature')
      expectInteger(committed_at, 'committed_at', 1)
      const money = { unit_price: 7, total: 21, currency: CURRENCY, balance: 79, stock_left: 7 }
      expectEqual(rest, { user_id: player.userId, good_id, count: 3, ...money, replayed: false }, 'the rest')
    },
  })),
  purchaseCase('one-step', 'balance, stock and inventory change together', async (lab) => {
    const good_id = await putGood(lab, 'one-step', { stock: 10 })
    const player = await richPlayer(lab, 100)
    await player.ask(EVENT.buyGood, { good_id, count: 4 })
    await expectHas(lab, player, 72, { [good_id]: 4 })
    await expectStock(lab, good_id, 6)
  }),
  purchaseCase('unlimited', 'stock_left is null for a good with unlimited stock', async (lab) => {
    const player = await richPlayer(lab, 100)
    const { stock_left } = await player.ask(EVENT.buyGood, { good_id: await putGood(lab, 'unlimited'), count: 1 })
    expectEqual(stock_left, null, 'stock_left')
  }),
  purchaseCase('event', 'every connection of the buyer gets the event, with the receipt as payload', async (lab) => {
    const good_id = await putGood(lab, 'event')
    const player = await richPlayer(lab, 100)
    const second = await lab.player(player.userId, { encoding: 'msgpack' })
    const stranger = await lab.player()
    const receipt = await player.ask(EVENT.buyGood, { good_id, count: 1 })
    for (const peer of [player, second]) {
      const event = await peer.event(isEvent(EVENT.buyGood), 'the event')
      expectEqual(event['payload'], receipt, 'the payload')
      expectEqual(event['userId'], player.userId, 'userId')
    }
    await lab.expectNothing([stranger], isEvent(EVENT.buyGood), 'no event for others')
  }),
  purchaseCase('listed', 'the purchase is listed', async (lab) => {
    const good_id = await putGood(lab, 'listed')
    const player = await richPlayer(lab, 100)
    const { purchase_id } = await player.ask(EVENT.buyGood, { good_id, count: 1 })
    const { items } = await lab.admin('GET', `/api/v1/players/${player.userId}/purchases`)
    const ids = listOf(items, 'items').map((item) => fieldsOf(item)['purchase_id'])
    expectEqual(ids, [purchase_id], 'the purchases')
  }),
  purchaseCase('signature', 'the signature verifies with the key of /api/v1/receipt-key', async (lab) => {
    const player = await richPlayer(lab, 100)
    const receipt = await player.ask(EVENT.buyGood, { good_id: await putGood(lab, 'signature'), count: 2 })
    const { body } = await lab.http({ path: '/api/v1/receipt-key' })
    const key = createPublicKey(expectText(fieldsOf(JSON.parse(body))['public_key'], 'public_key'))
    const signature = Buffer.from(String(receipt['signature']), 'base64url')
    const isGenuine = (one: Fields) => verify(null, receiptBytes(one as unknown as Receipt), key, signature)
    expectThat(isGenuine(receipt), 'a signature over the receipt', receipt)
    expectThat(!isGenuine({ ...receipt, total: 1 }), 'another signature for another total', receipt)
  }),
]

const REFUSED: readonly Case[] = [
  purchaseCase('insufficient-funds', 'too little money: INSUFFICIENT_FUNDS, and nothing changes', async (lab) => {
    const good_id = await putGood(lab, 'insufficient-funds', { stock: 10 })
    const player = await richPlayer(lab, 6)
    const { details } = await player.refused('INSUFFICIENT_FUNDS', EVENT.buyGood, { good_id, count: 1 })
    const { balance, total } = fieldsOf(details)
    expectEqual({ balance, total }, { balance: 6, total: 7 }, 'the details')
    await expectHas(lab, player, 6, {})
    await expectStock(lab, good_id, 10)
  }),
  purchaseCase('out-of-stock', 'more than are in stock: OUT_OF_STOCK, and nothing changes', async (lab) => {
    const good_id = await putGood(lab, 'out-of-stock', { stock: 2 })
    const player = await richPlayer(lab, 100)
    await player.refused('OUT_OF_STOCK', EVENT.buyGood, { good_id, count: 3 })
    await expectHas(lab, player, 100, {})
    await expectStock(lab, good_id, 2)
  }),
  purchaseCase(
    'price-changed',
    'a price other than the expected one: PRICE_CHANGED; with the right one the purchase is made',
    async (lab) => {
      const good_id = await putGood(lab, 'price-changed')
      const player = await richPlayer(lab, 100)
      await player.refused('PRICE_CHANGED', EVENT.buyGood, { good_id, count: 1, expected_price: 6 })
      await expectHas(lab, player, 100, {})
      await player.ask(EVENT.buyGood, { good_id, count: 1, expected_price: 7 })
    },
  ),
  purchaseCase('limit', 'more than a player may buy: PURCHASE_LIMIT', async (lab) => {
    const good_id = await putGood(lab, 'limit', { per_user_limit: 2 })
    const player = await richPlayer(lab, 100)
    await player.ask(EVENT.buyGood, { good_id, count: 2 })
    await player.refused('PURCHASE_LIMIT', EVENT.buyGood, { good_id, count: 1 })
  }),
  purchaseCase('not-on-sale', 'before and after its sale: GOOD_NOT_ON_SALE', async (lab) => {
    const now = systemClock.wallMs()
    const player = await richPlayer(lab, 100)
    for (const window of [{ sale_from: now + 3_600_000 }, { sale_until: now - 3_600_000 }]) {
      const good_id = await putGood(lab, 'not-on-sale', window)
      await player.refused('GOOD_NOT_ON_SALE', EVENT.buyGood, { good_id, count: 1 })
    }
  }),
  purchaseCase('no-such-good', 'an unknown good: GOOD_NOT_FOUND', async (lab) => {
    const player = await richPlayer(lab, 100)
    await player.refused('GOOD_NOT_FOUND', EVENT.buyGood, { good_id: lab.name('good'), count: 1 })
  }),
  purchaseCase('claims', "price, balance and user id in the client's request are ignored", async (lab) => {
    const good_id = await putGood(lab, 'claims')
    const player = await richPlayer(lab, 100)
    const claims = { price: 1, unit_price: 1, total: 1, balance: 1000, user_id: 'mallory' }
    const { user_id, balance } = await player.ask(EVENT.buyGood, { good_id, count: 1, ...claims })
    expectEqual({ user_id, balance }, { user_id: player.userId, balance: 93 }, 'the receipt')
  }),
  purchaseCase('no-overflow', 'a total above 2^53 - 1: BAD_REQUEST', async (lab) => {
    const good_id = await putGood(lab, 'no-overflow', { price: 2 ** 53 - 1 })
    const player = await richPlayer(lab, 100)
    await player.refused('BAD_REQUEST', EVENT.buyGood, { good_id, count: 2 })
  }),
]

const REPEATED: readonly Case[] = [
  purchaseCase(
    'replayed',
    'the same request with the same key: the first receipt, with replayed: true',
    async (lab) => {
      const request = await requestOf(lab, 'replayed')
      const player = await richPlayer(lab, 100)
      const first = await player.ask(EVENT.buyGood, request)
      const second = await player.ask(EVENT.buyGood, request)
      expectEqual(second, { ...first, replayed: true }, 'the receipt')
    },
  ),
  purchaseCase('replayed-once', 'a replayed purchase is not made again', async (lab) => {
    const request = await requestOf(lab, 'replayed-once')
    const player = await richPlayer(lab, 100)
    for (let i = 0; i < 3; i++) await player.ask(EVENT.buyGood, request)
    await expectHas(lab, player, 93, { [request.good_id]: 1 })
    await lab.expectNothing(
      [player],
      (frame) => player.frames.filter(isEvent(EVENT.buyGood)).length > 1 && isEvent(EVENT.buyGood)(frame),
      'no second event',
    )
  }),
  purchaseCase('replayed-elsewhere', 'the key also counts on other connections', async (lab) => {
    const request = await requestOf(lab, 'replayed-elsewhere')
    const player = await richPlayer(lab, 100)
    const { purchase_id } = await player.ask(EVENT.buyGood, request)
    await player.cut()
    const again = await (await lab.player(player.userId)).ask(EVENT.buyGood, request)
    expectEqual(again['purchase_id'], purchase_id, 'purchase_id')
  }),
  purchaseCase(
    'at-once',
    'twenty requests at once with one key: one purchase is made, the others are replayed',
    async (lab) => {
      const request = await requestOf(lab, 'at-once')
      const player = await richPlayer(lab, 1000)
      const second = await lab.player(player.userId)
      const receipts = await Promise.all(
        Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? player : second).ask(EVENT.buyGood, request)),
      )
      expectEqual(receipts.filter(({ replayed }) => replayed === false).length, 1, 'how many are not replayed')
      expectEqual(new Set(receipts.map(({ purchase_id }) => purchase_id)).size, 1, 'how many purchases')
      await expectHas(lab, player, 993, { [request.good_id]: 1 })
    },
  ),
  purchaseCase('conflict', 'the same key with another request: IDEMPOTENCY_CONFLICT', async (lab) => {
    const request = await requestOf(lab, 'conflict')
    const player = await richPlayer(lab, 100)
    await player.ask(EVENT.buyGood, request)
    await player.refused('IDEMPOTENCY_CONFLICT', EVENT.buyGood, { ...request, count: 2 })
    await expectHas(lab, player, 93, { [request.good_id]: 1 })
  }),
  purchaseCase('key-of-another', 'the same key of another user is independent', async (lab) => {
    const request = await requestOf(lab, 'key-of-another')
    const [one, other] = await Promise.all([richPlayer(lab, 100), richPlayer(lab, 100)])
    const first = await one.ask(EVENT.buyGood, request)
    const { replayed, user_id } = await other.ask(EVENT.buyGood, request)
    expectEqual({ replayed, user_id }, { replayed: false, user_id: other.userId }, 'the receipt')
    expectThat(first['user_id'] === one.userId, 'a receipt for each', first)
  }),
  purchaseCase(
    'refusal-keeps-nothing',
    'a refusal is not stored: the key can be used for a later purchase',
    async (lab) => {
      const request = await requestOf(lab, 'refusal')
      const player = await lab.player()
      await player.refused('INSUFFICIENT_FUNDS', EVENT.buyGood, request)
      const credit = { currency: CURRENCY, amount: 7, idempotency_key: lab.name('key') }
      await lab.admin('POST', `/api/v1/players/${player.userId}/credit`, credit)
      expectEqual((await player.ask(EVENT.buyGood, request))['replayed'], false, 'replayed')
    },
  ),
  purchaseCase('no-oversell', 'thirty purchases at once from a stock of ten: ten succeed', async (lab) => {
    const good_id = await putGood(lab, 'no-oversell', { stock: 10, price: 1 })
    const player = await richPlayer(lab, 100)
    const replies = await Promise.all(
      Array.from({ length: 30 }, () => player.request(EVENT.buyGood, { good_id, count: 1 })),
    )
    const codes = replies.map(({ success, error }) => (success === true ? 'sold' : fieldsOf(error)['code']))
    expectEqual(codes.filter((code) => code === 'sold').length, 10, 'how many were sold')
    expectEqual(codes.filter((code) => code === 'OUT_OF_STOCK').length, 20, 'how many were refused')
    await expectStock(lab, good_id, 0)
  }),
]

const GOODS: readonly Case[] = [
  purchaseCase(
    'good-read-back',
    'a good is read back as it was put',
    async (lab) => {
      const id = await putGood(lab, 'read-back', { stock: 3 })
      const { name, price, currency, stock } = await lab.admin('GET', `/api/v1/goods/${id}`)
      expectEqual({ name, price, currency, stock }, { name: id, price: 7, currency: CURRENCY, stock: 3 }, 'the good')
    },
    8,
  ),
  purchaseCase(
    'good-bad',
    'a good with a price below 0, or text for a price: 400',
    async (lab) => {
      for (const price of [-1, 1.5, '7']) {
        const good = { id: 'conformance-bad', name: 'x', price, currency: CURRENCY, stock: null }
        expectRefused(await lab.askAdmin('PUT', '/api/v1/goods/conformance-bad', good), 400, 'BAD_REQUEST')
      }
      expectRefused(await lab.http({ path: '/api/v1/goods/conformance-bad' }), 404, 'GOOD_NOT_FOUND')
    },
    8,
  ),
]

export const PURCHASE_CASES: readonly Case[] = [...ORDINARY, ...REFUSED, ...REPEATED, ...GOODS]
