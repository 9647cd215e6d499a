import { recordKey } from '../idempotency/key.ts'
import type { RoomId, UserId } from '../protocol/ids.ts'

/** Where the ledger keeps things in the store. User ids, good ids and keys have no `/`. */
export const goodKey = (id: string): string => `good/${id}`
export const playerKey = (user: UserId): string => `player/${user}`
/** The ledger's entries of one batch, of whichever players: see `entries.ts`. Its id sorts by time. */
export const ledgerKey = (batchId: string): string => `${LEDGER_PREFIX}${batchId}`
/** Of the batch that a purchase's id names; undefined: it is no such id. */
export function ledgerKeyOf(purchaseId: string): string | undefined {
  const batch = PURCHASE_ID.exec(purchaseId)?.[1]
  return batch === undefined ? undefined : ledgerKey(batch)
}
/** There is one: the match of this room is over, and has paid. */
export const matchKey = (room: RoomId): string => recordKey('match', room, 'end')
/** There is one: the purchase was refunded. */
export const refundedKey = (purchaseId: string): string => `refunded/${purchaseId}`
/** Batch and place in it; stores take keys of some length only. */
const PURCHASE_ID = /^([A-Za-z0-9-]{1,64})\.\d{1,6}$/
export const GOOD_PREFIX = 'good/'
export const LEDGER_PREFIX = 'ledger/'
