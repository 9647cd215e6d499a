/** Kinds of requests; those behind the first three stand in no player's ledger. */
export type OnceKind = 'purchase' | 'credit' | 'refund' | 'restock' | 'broadcast' | 'message' | 'room'

/** What an idempotency key was used for; each kind of request has keys of its own. */
export const onceKey = (kind: OnceKind, whose: string, key: string): string =>
  `${ONCE_PREFIX}${kind === 'purchase' ? 'buy' : kind}/${whose}/${key}`
export const ONCE_PREFIX = 'once/'
