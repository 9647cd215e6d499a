import type { Clock } from '../base/clock.ts'
import { msLeft } from '../base/deadline.ts'
import { within } from '../base/delay.ts'
import type { Log } from '../base/log.ts'
import { storeRefusal } from '../store/store-refusal.ts'
import type { Store } from '../store/store.ts'
import type { Idempotency } from './idempotency.ts'
import { toPut, type IdempotencyRecord, type RecordPut } from './record.ts'

/** The stored answer of an event. Its offset is known only after the commit, and a second commit adds it. */
interface KeptEvent<Rest> {
  readonly id: string
  readonly offset: number | null
  readonly rest: Rest
}

/** An event whose request has an idempotency key. */
export interface KeyedEvent<Rest> {
  /** The key of its record in the store: see `recordKey`. */
  readonly key: string
  readonly fingerprint: string
  readonly eventId: string
  /** Returns the parts of the answer other than the offset. May refuse. It is not called if the request was done before. */
  readonly rest: () => Promise<Rest>
  /** When the request must be answered. If there is too little time, it is answered before the offset is noted in the record. */
  readonly untilMs?: number | undefined
  /**
   * Commits the event together with the record, if there is none under the record's key yet. Returns the event's offset. Throws
   * CONFLICT if there is one.
   */
  readonly append: (record: RecordPut) => Promise<number>
  /** Looks for an event in the history. Returns its offset, or 0 if the history no longer has it. */
  readonly findOffset: (eventId: string) => Promise<number>
}

export interface EventParts {
  readonly idempotency: Idempotency
  readonly store: Pick<Store, 'commit'>
  readonly log: Log
  readonly clock: Clock
}

type EventAnswer<Rest> = { readonly offset: number } & Rest

/** Appends an event to the log once, however often that is requested. Throws what `Idempotency.once` throws. */
export function appendEventOnce<Rest extends object>(
  parts: EventParts,
  event: KeyedEvent<Rest>,
): Promise<EventAnswer<Rest>> {
  const { key, fingerprint, eventId: id } = event
  return parts.idempotency.once<EventAnswer<Rest>, KeptEvent<Rest>>({
    key,
    fingerprint,
    run: async (keep) => {
      const rest = await event.rest()
      const offset = await event.append(keep({ id, offset: null, rest }))
      await within(note(parts, keep({ id, offset, rest })), msLeft(parts.clock, event.untilMs), undefined)
      return { offset, ...rest }
    },
    repeat: (record) => repeat(parts, event, record),
  })
}

async function repeat<Rest extends object>(
  parts: EventParts,
  { key, findOffset }: KeyedEvent<Rest>,
  record: IdempotencyRecord<KeptEvent<Rest>>,
): Promise<EventAnswer<Rest>> {
  const { id, offset, rest } = record.answer
  if (offset !== null) return { offset, ...rest }
  // The node that committed it died before it noted the offset, or is about to note it.
  const found = await findOffset(id)
  if (found !== 0) await note(parts, toPut(key, { ...record, answer: { id, offset: found, rest } }))
  return { offset: found, ...rest }
}

/**
 * Stores the offset. If this fails, the request succeeds all the same: without the offset, a repetition searches the history for
 * the event.
 */
async function note({ store, log }: EventParts, record: RecordPut): Promise<void> {
  try {
    await store.commit({ puts: [record], durable: true })
  } catch (cause) {
    log.debug({ key: record.key, code: storeRefusal(cause).code }, 'the offset of an event could not be noted')
  }
}
