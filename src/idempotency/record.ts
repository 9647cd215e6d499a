import { Refusal } from '../protocol/errors.ts'
import { decodeRecord } from '../store/json-records.ts'
import type { Store } from '../store/store.ts'

/** What stands under the idempotency key of a request that is no step of the ledger. */
export interface Kept<Answer> {
  readonly fingerprint: string
  /** Unix time in milliseconds: see `sweep.ts`. */
  readonly at: number
  readonly answer: Answer
}

/** Throws IDEMPOTENCY_CONFLICT where the key was used for another request. undefined: it was not used. */
export async function readKept<Answer>(
  { store }: { readonly store: Store },
  key: string,
  fingerprint: string,
): Promise<Kept<Answer> | undefined> {
  const [record] = await store.get([key])
  if (!record) return undefined
  const kept = decodeRecord(record) as Kept<Answer>
  if (kept.fingerprint === fingerprint) return kept
  throw new Refusal('IDEMPOTENCY_CONFLICT', 'this key was used for another request')
}
