import type { Player } from '../domain/player.ts'
import type { PurchaseRequest, Refundable } from '../domain/purchase.ts'
import type { ErrorBody } from '../protocol/errors.ts'
import type { Receipt } from '../protocol/events.ts'
import type { UserId } from '../protocol/ids.ts'
import { goodKey, onceKey, playerKey, refundedKey } from './keys.ts'

export interface CreditRequest {
  readonly userId: UserId
  readonly currency: string
  readonly amount: number
  readonly idempotencyKey: string
}

export interface RefundRequest {
  readonly userId: UserId
  /** As the ledger has it. */
  readonly purchase: Refundable
  /** Whether the goods go back into the stock. */
  readonly restock: boolean
  readonly idempotencyKey: string
}

/** What the ledger is asked to do. */
export type LedgerRequest =
  | (PurchaseRequest & { readonly kind: 'purchase' })
  | (CreditRequest & { readonly kind: 'credit' })
  | (RefundRequest & { readonly kind: 'refund' })

export type Outcome =
  | { readonly kind: 'receipt'; readonly receipt: Receipt }
  | { readonly kind: 'player'; readonly player: Player }
  | { readonly kind: 'refused'; readonly error: ErrorBody }

/** The records that a request is decided on. */
export function keysOf(request: LedgerRequest): readonly string[] {
  const { kind, userId, idempotencyKey } = request
  const keys = [playerKey(userId)]
  if (idempotencyKey !== null) keys.push(onceKey(kind, userId, idempotencyKey))
  if (kind === 'purchase') keys.push(goodKey(request.goodId))
  if (kind === 'refund') keys.push(goodKey(request.purchase.good_id), refundedKey(request.purchase.purchase_id))
  return keys
}
