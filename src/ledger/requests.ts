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

export interface Reward {
  readonly userId: UserId
  readonly currency: string
  readonly amount: number
}

/** A room's match is over: what it pays, and the event that says so, all in one step. */
export interface MatchRequest {
  readonly roomId: RoomId
  readonly namespace: Namespace
  readonly rewards: readonly Reward[]
  /** Goes into the log where the rewards go into the ledger. */
  readonly end: LogRecord
}

/** What the ledger is asked to do. */
export type LedgerRequest =
  | (MatchRequest & { readonly kind: 'match' })
  | (PurchaseRequest & { readonly kind: 'purchase' })
  | (CreditRequest & { readonly kind: 'credit' })
  | (RefundRequest & { readonly kind: 'refund' })
  | (RestockRequest & { readonly kind: 'restock' })

/** What a request that was done is answered with. */
export type Answer =
  | { readonly kind: 'receipt'; readonly receipt: Receipt }
  | { readonly kind: 'player'; readonly player: Player }
  | { readonly kind: 'good'; readonly good: Good }
  | { readonly kind: 'match'; readonly unpaid: readonly UnpaidReward[] }

/** A reward that the ledger does not take: those beside it are paid. */
export interface UnpaidReward {
  /** Its place among the rewards. */
  readonly reward: number
  readonly error: ErrorBody
}

export type Outcome = Answer | { readonly kind: 'refused'; readonly error: ErrorBody }

/** What stands under the idempotency key of a request that was done. */
export type KeptAnswer = IdempotencyRecord<Answer> | RecordOf010

/** What 0.1.0 kept in place of `answer`: of a purchase its receipt, of a credit nothing. */
interface RecordOf010 {
  readonly fingerprint: string
  readonly answer?: undefined
  readonly receipt?: Receipt
}

/** The records that a request is decided on. */
export function keysOf(request: LedgerRequest): readonly string[] {
  const record = recordKeyOf(request)
  const keys = record === undefined ? [] : [record]
  if (request.kind === 'match') return [...keys, ...new Set(request.rewards.map(({ userId }) => playerKey(userId)))]
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

/**
 * Returns where the record of its idempotency key stands; undefined if it has none. Each user, and each good that is restocked, has keys
 * of their own. The key of a match is its room.
 */
export function recordKeyOf(request: LedgerRequest): string | undefined {
  if (request.kind === 'match') return matchKey(request.roomId)
  const { kind, idempotencyKey } = request
  if (idempotencyKey === null) return undefined
  return recordKey(kind, kind === 'restock' ? request.goodId : request.userId, idempotencyKey)
}

/** Returns what has to be the same if the key is used again. */
export function fingerprintOf(request: LedgerRequest): string {
  if (request.kind === 'purchase') return JSON.stringify([request.goodId, request.count, request.expectedPrice])
  if (request.kind === 'credit') return JSON.stringify([request.currency, request.amount])
  if (request.kind === 'restock') return JSON.stringify([request.count])
  if (request.kind === 'match') return JSON.stringify(request.rewards)
  return JSON.stringify([request.purchaseId, request.restock])
}

/** Receipt, twice, and event of a request. */
const BYTES_PER_REQUEST = 3 * 1024
/** Entry and event. */
const BYTES_PER_REWARD = 1024

/** How many bytes a request puts into a transaction, about, without the records that it is decided on. */
export function bytesOf(request: LedgerRequest): number {
  if (request.kind !== 'match') return BYTES_PER_REQUEST
  return BYTES_PER_REQUEST + BYTES_PER_REWARD * request.rewards.length + request.end.body.length
}
