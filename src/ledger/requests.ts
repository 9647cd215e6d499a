import type { Good } from '../domain/good.ts'
import type { Player } from '../domain/player.ts'
import type { PurchaseRequest, Refundable } from '../domain/purchase.ts'
import { onceKey } from '../idempotency/key.ts'
import type { ErrorBody } from '../protocol/errors.ts'
import type { Receipt } from '../protocol/events.ts'
import type { UserId } from '../protocol/ids.ts'
import { goodKey, ledgerKeyOf, playerKey, refundedKey } from './keys.ts'

export interface CreditRequest {
  readonly userId: UserId
  readonly currency: string
  readonly amount: number
  readonly idempotencyKey: string
}

export interface RefundRequest {
  readonly userId: UserId
  readonly purchaseId: string
  /** As the ledger has it; null: it has none, or no longer. A request that was done before is answered all the same. */
  readonly purchase: Refundable | null
  /** Whether the goods go back into the stock. */
  readonly restock: boolean
  readonly idempotencyKey: string
}

/** More of a good that has a stock. */
export interface RestockRequest {
  readonly goodId: string
  readonly count: number
  readonly idempotencyKey: string
}

/** What the ledger is asked to do. */
export type LedgerRequest =
  | (PurchaseRequest & { readonly kind: 'purchase' })
  | (CreditRequest & { readonly kind: 'credit' })
  | (RefundRequest & { readonly kind: 'refund' })
  | (RestockRequest & { readonly kind: 'restock' })

export type Outcome =
  | { readonly kind: 'receipt'; readonly receipt: Receipt }
  | { readonly kind: 'player'; readonly player: Player }
  | { readonly kind: 'good'; readonly good: Good }
  | { readonly kind: 'refused'; readonly error: ErrorBody }

/** The records that a request is decided on. */
export function keysOf(request: LedgerRequest): readonly string[] {
  const once = onceKeyOf(request)
  const keys = once === undefined ? [] : [once]
  if (request.kind !== 'restock') keys.push(playerKey(request.userId))
  if (request.kind === 'purchase' || request.kind === 'restock') keys.push(goodKey(request.goodId))
  if (request.kind === 'refund' && request.purchase) keys.push(...keysOfRefund(request.purchase))
  return keys
}

/** With the record that has the purchase: it may be let go of meanwhile. */
function keysOfRefund({ good_id, purchase_id }: Refundable): readonly string[] {
  const ledger = ledgerKeyOf(purchase_id)
  return [goodKey(good_id), refundedKey(purchase_id), ...(ledger === undefined ? [] : [ledger])]
}

/** Where its idempotency key stands: each user, and each good that is restocked, has its own. */
export function onceKeyOf(request: LedgerRequest): string | undefined {
  const { kind, idempotencyKey } = request
  if (idempotencyKey === null) return undefined
  return onceKey(kind, kind === 'restock' ? request.goodId : request.userId, idempotencyKey)
}
