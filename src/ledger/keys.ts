import type { UserId } from '../protocol/ids.ts'

/** Where the ledger keeps things in the store. User ids, good ids and keys have no `/`. */
export const goodKey = (id: string): string => `good/${id}`
export const playerKey = (user: UserId): string => `player/${user}`
export const purchasePrefix = (user: UserId): string => `purchase/${user}/`
/** A receipt, under an id that sorts by time. */
export const purchaseKey = (user: UserId, purchaseId: string): string => `${purchasePrefix(user)}${purchaseId}`
/** What an idempotency key was used for. */
export const purchaseOnceKey = (user: UserId, key: string): string => `once/buy/${user}/${key}`
export const creditOnceKey = (user: UserId, key: string): string => `once/credit/${user}/${key}`
export const GOOD_PREFIX = 'good/'
