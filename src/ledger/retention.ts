import type { Clock } from '../base/clock.ts'
import { nextTurn } from '../base/delay.ts'
import { recordKey } from '../idempotency/key.ts'
import type { Store, StoredRecord } from '../store/store.ts'
import { putBeginning, readBeginning } from './beginning.ts'
import { decodeEntry, linesOf } from './entries.ts'
import { LEDGER_PREFIX, refundedKey } from './keys.ts'

export interface LedgerSweepOptions {
  readonly store: Pick<Store, 'get' | 'list' | 'commit'>
  readonly clock: Clock
  /** PEM of the key that signs receipts. */
  readonly signingKey: string
  /** See `LivedTime`. */
  readonly untilMs: number
}

/** How many batches are read at once. */
const PAGE = 20

/**
 * Deletes whole batches of the ledger from before a moment, the oldest first. The idempotency records and the marks of refunds
 * that were written with a batch are deleted in the same transaction, which also counts and signs what was deleted. Every
 * transaction is guarded, so two nodes may sweep at the same time. Returns the number of batches.
 */
export async function sweepLedger({ store, clock, signingKey, untilMs }: LedgerSweepOptions): Promise<number> {
  for (let swept = 0; ;) {
    const page = await store.list(LEDGER_PREFIX, { limit: PAGE })
    const old = page.filter((batch) => timeOf(batch) < untilMs)
    for (const batch of old) {
      const keys = [batch.key, ...keysWith(batch)]
      const { beginning, guard } = await readBeginning(store)
      const guards = [...keys.map((key) => ({ key, revision: batch.revision })), guard]
      const next = {
        batch: batch.key.slice(LEDGER_PREFIX.length),
        batches: (beginning?.batches ?? 0) + 1,
        entries: (beginning?.entries ?? 0) + linesOf(batch.value).length,
        let_go_at: clock.wallMs(),
      }
      const puts = [putBeginning(next, signingKey)]
      const { committed } = await store.commit({ guards, puts, deletes: keys, durable: true })
      if (!committed) return swept // another node sweeps, too
      swept++
      await nextTurn()
    }
    if (old.length < PAGE) return swept
  }
}

/** In Unix milliseconds. All entries of a batch have the same time. */
function timeOf({ value }: StoredRecord): number {
  return decodeEntry(linesOf(value)[0] ?? '').at
}

/** The records that were written with a batch and are not needed longer than it. */
function keysWith({ value }: StoredRecord): readonly string[] {
  return linesOf(value)
    .map(decodeEntry)
    .flatMap(({ kind, user_id, idempotency_key, receipt }) => [
      ...(kind === 'reward' || idempotency_key === null ? [] : [recordKey(kind, user_id, idempotency_key)]),
      ...(kind === 'refund' && receipt ? [refundedKey(receipt.purchase_id)] : []),
    ])
}
