import type { Good } from '../protocol/shapes/shop.ts'
import type { Player } from '../domain/player.ts'
import type { PurchaseRequest, Refundable } from '../domain/purchase.ts'
import { recordKey } from '../idempotency/key.ts'
import type { IdempotencyRecord } from '../idempotency/record.ts'
import type { ErrorBody } from '../protocol/errors.ts'
import type { Receipt } from '../protocol/shapes/shop.ts'
import type { Namespace, RoomId, UserId } from '../protocol/ids.ts'
import type { LogRecord } from '../store/store.ts'
import { goodKey, ledgerKeyOf, matchKey, playerKey, refundedKey } from './keys.ts'

export interface CreditRequest {
  readonly userId: UserId
  readonly currency: string
  readonly amount: number
  readonly idempotencyKey: string
}

export interface RefundRequest {
  readonly userId: UserId
  readonly purchaseId: string
  /**
   * The purchase as the ledger has it. Null if it has none, or no longer. A request that was done before is answered in any case.
   */
  readonly purchase: Refundable | null
  /** Whether the goods go back into the stock. */
  readonly restock: boolean
  readonly idempotencyKey: string
}

/** Adds to the stock of a good. */
export interface RestockRequest {
  readonly goodId: string
  readonly count: number
  readonly idempotencyKey: string
}

export interface Reward {
  readonly userId: UserId
  readonly currency: string
  readonly amount: number
}

/** The end of a room's match: the rewards that it pays and the event that announces the end, in one transaction. */
export interface MatchRequest {
  readonly roomId: RoomId
  readonly namespace: Namespace
  readonly rewards: readonly Reward[]
  /** Appended to the log in the transaction that pays the rewards. */
  readonly end: LogRecord
}

export type LedgerRequest =
  | (MatchRequest & { readonly kind: 'match' })
  | (PurchaseRequest & { readonly kind: 'purchase' })
  | (CreditRequest & { readonly kind: 'credit' })
  | (RefundRequest & { readonly kind: 'refund' })
  | (RestockRequest & { readonly kind: 'restock' })

/** The answer to a request that was done. */
export type Answer =
  | { readonly kind: 'receipt'; readonly receipt: Receipt }
  | { readonly kind: 'player'; readonly player: Player }
  | { readonly kind: 'good'; readonly good: Good }
  | { readonly kind: 'match'; readonly unpaid: readonly UnpaidReward[] }

/** A reward that the ledger could not pay. The others are paid. */
export interface UnpaidReward {
  /** Its index among the rewards. */
  readonly reward: number
  readonly error: ErrorBody
}

export type Outcome = Answer | { readonly kind: 'refused'; readonly error: ErrorBody }

/** What is stored under the idempotency key of a request that was done. */
export type KeptAnswer = IdempotencyRecord<Answer> | RecordOf010

/** What version 0.1.0 stored instead of `answer`: for a purchase its receipt, for a credit nothing. */
interface RecordOf010 {
  readonly fingerprint: string
  readonly answer?: undefined
  readonly receipt?: Receipt
}

/** The keys of the records that a request is decided on. */
export function keysOf(request: LedgerRequest): readonly string[] {
  const record = recordKeyOf(request)
  const keys = record === undefined ? [] : [record]
  if (request.kind === 'match') return [...keys, ...new Set(request.rewards.map(({ userId }) => playerKey(userId)))]
  if (request.kind !== 'restock') keys.push(playerKey(request.userId))
  if (request.kind === 'purchase' || request.kind === 'restock') keys.push(goodKey(request.goodId))
  if (request.kind === 'refund' && request.purchase) keys.push(...keysOfRefund(request.purchase))
  return keys
}

/** Includes the record with the purchase, because that may be deleted meanwhile. */
function keysOfRefund({ good_id, purchase_id }: Refundable): readonly string[] {
  const ledger = ledgerKeyOf(purchase_id)
  return [goodKey(good_id), refundedKey(purchase_id), ...(ledger === undefined ? [] : [ledger])]
}

/**
 * The store's key for the record of the request's idempotency key. Undefined if the request has none. Each user, and each good
 * that is restocked, has idempotency keys of its own. The key of a match is its room.
 */
export function recordKeyOf(request: LedgerRequest): string | undefined {
  if (request.kind === 'match') return matchKey(request.roomId)
  const { kind, idempotencyKey } = request
  if (idempotencyKey === null) return undefined
  return recordKey(kind, kind === 'restock' ? request.goodId : request.userId, idempotencyKey)
}

/** What must be equal if an idempotency key is used again. */
export function fingerprintOf(request: LedgerRequest): string {
  if (request.kind === 'purchase') return JSON.stringify([request.goodId, request.count, request.expectedPrice])
  if (request.kind === 'credit') return JSON.stringify([request.currency, request.amount])
  if (request.kind === 'restock') return JSON.stringify([request.count])
  if (request.kind === 'match') return JSON.stringify(request.rewards)
  return JSON.stringify([request.purchaseId, request.restock])
}

/** For the receipt, which is stored twice, and for the event of a request. */
const BYTES_PER_REQUEST = 3 * 1024
/** For the entry and the event of a reward. */
const BYTES_PER_REWARD = 1024

/** About how many bytes a request adds to a transaction, apart from the records that it is decided on. */
export function bytesOf(request: LedgerRequest): number {
  if (request.kind !== 'match') return BYTES_PER_REQUEST
  return BYTES_PER_REQUEST + BYTES_PER_REWARD * request.rewards.length + request.end.body.length
}
