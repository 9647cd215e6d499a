/** Kinds of requests whose records no batch of the ledger refers to. `sweep.ts` deletes their records. */
export const SWEPT_KINDS = ['restock', 'broadcast', 'message', 'room', 'gameRoom', 'gameBot', 'match'] as const

/** Kinds of requests that may have an idempotency key. */
export type KeyedKind = 'purchase' | 'credit' | 'refund' | (typeof SWEPT_KINDS)[number]

/**
 * Returns the store's key for the record of an idempotency key. Each kind of request and each owner (the user, good, room or
 * namespace that the request is about) has idempotency keys of its own. Owners and keys contain no `/`.
 */
export function recordKey(kind: KeyedKind, owner: string, key: string): string {
  return `${recordPrefix(kind)}${owner}/${key}`
}

/** Returns the prefix of the store's keys for a kind. */
export function recordPrefix(kind: KeyedKind): string {
  return `once/${kind === 'purchase' ? 'buy' : kind}/`
}
