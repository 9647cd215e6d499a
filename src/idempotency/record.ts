import { Refusal } from '../protocol/errors.ts'
import { decodeRecord, encodeRecord } from '../store/json-records.ts'
import type { Store } from '../store/store.ts'

/** What is stored under an idempotency key: the request that it was used for, when, and what is needed to answer it again. */
export interface IdempotencyRecord<Answer> {
  /** Equal for repetitions of a request, and different for different requests. */
  readonly fingerprint: string
  /** Unix time in milliseconds, by the clock of the node that did the request. */
  readonly at: number
  readonly answer: Answer
}

/** A record for a transaction, which must guard its key with revision 0, so that the first request wins. */
export interface RecordPut {
  readonly key: string
  readonly value: Uint8Array
}

export function toPut<Answer>(key: string, { fingerprint, at, answer }: IdempotencyRecord<Answer>): RecordPut {
  return { key, value: encodeRecord({ fingerprint, at, answer }) }
}

/** Returns undefined if the key was not used. Throws IDEMPOTENCY_CONFLICT if it was used for another request. */
export async function readRecord<Answer>(
  store: Store,
  key: string,
  fingerprint: string,
): Promise<IdempotencyRecord<Answer> | undefined> {
  const [stored] = await store.get([key])
  if (!stored) return undefined
  const record = decodeRecord(stored) as IdempotencyRecord<Answer>
  const conflict = conflictOf(record, fingerprint)
  if (conflict) throw conflict
  return record
}

/** Returns IDEMPOTENCY_CONFLICT if the record belongs to another request, otherwise undefined. */
export function conflictOf(record: { readonly fingerprint: string }, fingerprint: string): Refusal | undefined {
  if (record.fingerprint === fingerprint) return undefined
  return new Refusal('IDEMPOTENCY_CONFLICT', 'this key was used for another request')
}
