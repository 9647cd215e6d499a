import type { ErrorCode, ErrorDetails } from '../protocol/errors.ts'
import type { Namespace, UserId } from '../protocol/ids.ts'
import type { Receipt } from '../protocol/shapes/shop.ts'
import type { Good } from '../protocol/shapes/shop.ts'
import { amountOf, type PlayerRecord } from './player.ts'

export interface PurchaseOrder {
  readonly goodId: string
  /** 1 or more */
  readonly count: number
  readonly expectedPrice: number | null
}

/** A purchase as a client asks for it. The server knows who the user is. */
export interface PurchaseRequest extends PurchaseOrder {
  readonly userId: UserId
  readonly namespace: Namespace
  /** Null if there is no key: then each request is a purchase of its own. */
  readonly idempotencyKey: string | null
  /** The W3C header. Null if the request is not traced. */
  readonly traceparent: string | null
}

export interface No {
  readonly ok: false
  readonly code: ErrorCode
  readonly message: string
  readonly details?: ErrorDetails
}

export interface PurchaseYes {
  readonly ok: true
  readonly total: number
  readonly player: PlayerRecord
  readonly good: Good
}

/** Decides whether the player may buy, and what player and good are afterwards. All amounts stay integers up to 2^53 - 1. */
export function decidePurchase(
  order: PurchaseOrder,
  good: Good | undefined,
  player: PlayerRecord,
  nowMs: number,
): PurchaseYes | No {
  if (!good) return no('GOOD_NOT_FOUND', `no good "${order.goodId}"`)
  const refused = refuseSale(order, good, nowMs) ?? refuseCount(order, good, player)
  if (refused) return refused
  const total = good.price * order.count
  const balance = amountOf(player.balances, good.currency)
  const owned = amountOf(player.inventory, good.id) + order.count
  const bought = amountOf(player.bought, good.id) + order.count
  if (!Number.isSafeInteger(total))
    return no('BAD_REQUEST', 'price times count is above 2^53 - 1', { path: 'payload.count' })
  if (balance < total) {
    return no('INSUFFICIENT_FUNDS', `${total} ${good.currency} are needed`, { balance, total, currency: good.currency })
  }
  if (!Number.isSafeInteger(owned) || !Number.isSafeInteger(bought)) {
    return no('BAD_REQUEST', 'the player would have more than 2^53 - 1 of this good', { path: 'payload.count' })
  }
  return {
    ok: true,
    total,
    player: {
      ...player,
      balances: { ...player.balances, [good.currency]: balance - total },
      inventory: { ...player.inventory, [good.id]: owned },
      bought: { ...player.bought, [good.id]: bought },
    },
    good: good.stock === null ? good : { ...good, stock: good.stock - order.count },
  }
}

function refuseSale(order: PurchaseOrder, good: Good, nowMs: number): No | undefined {
  if (good.sale_from !== null && nowMs < good.sale_from) {
    return no('GOOD_NOT_ON_SALE', 'the sale has not begun', { sale_from: good.sale_from })
  }
  if (good.sale_until !== null && nowMs >= good.sale_until) {
    return no('GOOD_NOT_ON_SALE', 'the sale is over', { sale_until: good.sale_until })
  }
  if (order.expectedPrice !== null && order.expectedPrice !== good.price) {
    return no('PRICE_CHANGED', `the price is ${good.price} ${good.currency}`, {
      price: good.price,
      currency: good.currency,
    })
  }
  return undefined
}

function refuseCount(order: PurchaseOrder, good: Good, player: PlayerRecord): No | undefined {
  if (good.stock !== null && good.stock < order.count) {
    return no('OUT_OF_STOCK', `only ${good.stock} are left`, { stock_left: good.stock })
  }
  const bought = amountOf(player.bought, good.id)
  if (good.per_user_limit !== null && bought + order.count > good.per_user_limit) {
    return no('PURCHASE_LIMIT', `a player may buy at most ${good.per_user_limit}`, {
      limit: good.per_user_limit,
      bought,
    })
  }
  return undefined
}

/** Gives the player `amount` more of the currency. BAD_REQUEST if the balance would be above 2^53 - 1. */
export function decideCredit(
  player: PlayerRecord,
  currency: string,
  amount: number,
): { readonly ok: true; readonly player: PlayerRecord } | No {
  const balance = amountOf(player.balances, currency) + amount
  if (!Number.isSafeInteger(balance))
    return no('BAD_REQUEST', 'the balance would be above 2^53 - 1', { path: 'amount' })
  return { ok: true, player: { ...player, balances: { ...player.balances, [currency]: balance } } }
}

/** The parts of a receipt that a refund needs. */
export type Refundable = Pick<Receipt, 'purchase_id' | 'good_id' | 'count' | 'total' | 'currency'>

/**
 * Gives the player the price back and takes the goods away. CONFLICT if the player no longer has them.
 * @param good undefined if nothing goes back into the stock
 */
export function decideRefund(player: PlayerRecord, purchase: Refundable, good: Good | undefined): RefundYes | No {
  const { good_id, count, total, currency } = purchase
  const owned = amountOf(player.inventory, good_id) - count
  if (owned < 0) return no('CONFLICT', `the player no longer has ${count} of "${good_id}"`)
  const credited = decideCredit(player, currency, total)
  if (!credited.ok) return credited
  const bought = Math.max(0, amountOf(player.bought, good_id) - count)
  const stock = typeof good?.stock === 'number' ? good.stock + count : null
  if (stock !== null && !Number.isSafeInteger(stock)) return no('CONFLICT', 'the stock would be above 2^53 - 1')
  return {
    ok: true,
    player: {
      ...credited.player,
      inventory: { ...player.inventory, [good_id]: owned },
      bought: { ...player.bought, [good_id]: bought },
    },
    good: good && stock !== null ? { ...good, stock } : undefined,
  }
}

/** CONFLICT if the good has no limited stock that could be added to. */
export function decideRestock(good: Good | undefined, goodId: string, count: number): RestockYes | No {
  if (!good) return no('GOOD_NOT_FOUND', `no good "${goodId}"`)
  if (good.stock === null) return no('CONFLICT', 'the stock of this good is unlimited')
  const stock = good.stock + count
  if (!Number.isSafeInteger(stock)) return no('BAD_REQUEST', 'the stock would be above 2^53 - 1', { path: 'count' })
  return { ok: true, good: { ...good, stock } }
}

export interface RestockYes {
  readonly ok: true
  readonly good: Good
}

export interface RefundYes {
  readonly ok: true
  readonly player: PlayerRecord
  /** The good with its new stock. Undefined if the good does not change. */
  readonly good: Good | undefined
}

export function no(code: ErrorCode, message: string, details?: ErrorDetails): No {
  return details === undefined ? { ok: false, code, message } : { ok: false, code, message, details }
}
