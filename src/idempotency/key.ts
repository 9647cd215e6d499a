/** Kinds of requests that no batch of the ledger names. Their records are swept by themselves: see `sweep.ts`. */
export const SWEPT_KINDS = ['restock', 'broadcast', 'message', 'room', 'gameRoom', 'gameBot', 'match'] as const

/** Kinds of requests that may have an idempotency key. */
export type KeyedKind = 'purchase' | 'credit' | 'refund' | (typeof SWEPT_KINDS)[number]

/**
 * Returns where in the store the record of an idempotency key stands. Each kind of request and each owner (the user, the good, the
 * room or the namespace that the request is about) has keys of its own. Owners and keys have no `/`.
 */
export function recordKey(kind: KeyedKind, owner: string, key: string): string {
  return `${recordPrefix(kind)}${owner}/${key}`
}

/** Returns what the store's keys of a kind begin with. */
export function recordPrefix(kind: KeyedKind): string {
  return `once/${kind === 'purchase' ? 'buy' : kind}/`
}
