import { recordKey } from '../idempotency/key.ts'
import type { RoomId, UserId } from '../protocol/ids.ts'

/** The keys of the ledger's records in the store. User ids, good ids and idempotency keys contain no `/`. */
export const goodKey = (id: string): string => `good/${id}`
export const playerKey = (user: UserId): string => `player/${user}`
/** The entries of one batch, of whichever players: see `entries.ts`. Ids of batches sort by time. */
export const ledgerKey = (batchId: string): string => `${LEDGER_PREFIX}${batchId}`
/** The key of the batch that a purchase's id names. Undefined if it is not the id of a purchase. */
export function ledgerKeyOf(purchaseId: string): string | undefined {
  const batch = PURCHASE_ID.exec(purchaseId)?.[1]
  return batch === undefined ? undefined : ledgerKey(batch)
}
/** A record under this key means that the match of the room has ended and has paid. */
export const matchKey = (room: RoomId): string => recordKey('match', room, 'end')
/** A record under this key means that the purchase was refunded. */
export const refundedKey = (purchaseId: string): string => `refunded/${purchaseId}`
/** The id of the batch, and a number within it. The length is limited because stores limit the length of keys. */
const PURCHASE_ID = /^([A-Za-z0-9-]{1,64})\.\d{1,6}$/
export const GOOD_PREFIX = 'good/'
export const LEDGER_PREFIX = 'ledger/'
