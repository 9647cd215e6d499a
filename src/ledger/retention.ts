import { nextTurn } from '../base/delay.ts'
import { recordKey } from '../idempotency/key.ts'
import type { RetentionOptions } from '../idempotency/sweep.ts'
import type { StoredRecord } from '../store/store.ts'
import { decodeEntry, linesOf } from './entries.ts'
import { LEDGER_PREFIX, refundedKey } from './keys.ts'

/** Batches read at once. */
const PAGE = 20

/**
 * Lets go of what is older than `keepMs`: whole batches of the ledger, the oldest first, each with the idempotency keys and the
 * marks of refunds that were written in the same transaction. Gives how many. Guarded, so that two nodes may do it at once.
 */
export async function sweepLedger({ store, clock, keepMs }: RetentionOptions): Promise<number> {
  const untilMs = clock.wallMs() - keepMs
  for (let swept = 0; ;) {
    const page = await store.list(LEDGER_PREFIX, { limit: PAGE })
    const old = page.filter((batch) => timeOf(batch) < untilMs)
    for (const batch of old) {
      const keys = [batch.key, ...keysWith(batch)]
      const guards = keys.map((key) => ({ key, revision: batch.revision }))
      const { committed } = await store.commit({ guards, deletes: keys, durable: true })
      if (!committed) return swept // somebody else is at it
      swept++
      await nextTurn()
    }
    if (old.length < PAGE) return swept
  }
}

/** Unix time in milliseconds: what was decided together has one. */
function timeOf({ value }: StoredRecord): number {
  return decodeEntry(linesOf(value)[0] ?? '').at
}

/** What was written with a batch, and is not needed longer than it. */
function keysWith({ value }: StoredRecord): readonly string[] {
  return linesOf(value)
    .map(decodeEntry)
    .flatMap(({ kind, user_id, idempotency_key, receipt }) => [
      ...(idempotency_key === null ? [] : [recordKey(kind, user_id, idempotency_key)]),
      ...(kind === 'refund' && receipt ? [refundedKey(receipt.purchase_id)] : []),
    ])
}
