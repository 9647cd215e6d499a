import type { Clock } from '../base/clock.ts'
import { Refusal } from '../protocol/errors.ts'
import type { Store } from '../store/store.ts'
import { KeyedLock } from './lock.ts'
import { readRecord, toPut, type IdempotencyRecord, type RecordPut } from './record.ts'

/** A request with an idempotency key. `Kept` is the part of its answer that is stored in the record. */
export interface KeyedRequest<Answer, Kept> {
  /** The key of its record in the store: see `recordKey`. */
  readonly key: string
  readonly fingerprint: string
  /**
   * Does the request, and puts the record that `keep` makes in the same transaction, if there is none under the record's key yet.
   * Throws CONFLICT if there is one.
   */
  readonly run: (keep: (kept: Kept) => RecordPut) => Promise<Answer>
  /** Answers a request that was done before. */
  readonly repeat: (record: IdempotencyRecord<Kept>) => Answer | Promise<Answer>
}

/**
 * Does each request once, however often it is sent. Requests with one key that come to this node at the same time run one after
 * the other, and the later ones find the record of the first. If several nodes race, the guard of the record lets one win. The
 * others get CONFLICT, and then find the record.
 */
export class Idempotency {
  readonly #store: Store
  readonly #clock: Clock
  readonly #lock = new KeyedLock()

  constructor({ store, clock }: { readonly store: Store; readonly clock: Clock }) {
    this.#store = store
    this.#clock = clock
  }

  /** Throws IDEMPOTENCY_CONFLICT if the key was used for another request. If a request throws, nothing is stored for its key. */
  once<Answer extends object, Kept>(request: KeyedRequest<Answer, Kept>): Promise<Answer> {
    return this.#lock.runAlone(request.key, async () => (await this.#repeat(request)) ?? this.#run(request))
  }

  async #repeat<Answer, Kept>({ key, fingerprint, repeat }: KeyedRequest<Answer, Kept>): Promise<Answer | undefined> {
    const record = await readRecord<Kept>(this.#store, key, fingerprint)
    return record && repeat(record)
  }

  async #run<Answer extends object, Kept>(request: KeyedRequest<Answer, Kept>): Promise<Answer> {
    const { key, fingerprint, run } = request
    const at = this.#clock.wallMs()
    try {
      return await run((answer) => toPut(key, { fingerprint, at, answer }))
    } catch (thrown) {
      // Another node may have been faster with the same key.
      const answer = isConflict(thrown) ? await this.#repeat(request) : undefined
      if (answer) return answer
      throw thrown
    }
  }
}

function isConflict(thrown: unknown): boolean {
  return thrown instanceof Refusal && thrown.code === 'CONFLICT'
}
