import type { Clock } from '../base/clock.ts'
import { nextTurn } from '../base/delay.ts'
import { decodeRecord } from '../store/json-records.ts'
import type { Store, StoredRecord } from '../store/store.ts'
import { recordPrefix, SWEPT_KINDS, type KeyedKind } from './key.ts'
import type { IdempotencyRecord } from './record.ts'

export interface RetentionOptions {
  readonly store: Pick<Store, 'limits' | 'list' | 'commit'>
  readonly clock: Clock
  /** How long a key is known. */
  readonly keepMs: number
}

/** How many records of each kind one sweep looks at. */
const PAGE = 1_000
const DELETED_MAX = 100

/**
 * Deletes the records that are older than `keepMs` and that no batch of the ledger names. Records are in the order of their keys,
 * not of time: so each sweep looks at a page of each kind, and the next one goes on behind it. Every delete is guarded, so two nodes
 * may sweep at once.
 */
export class RecordSweep {
  readonly #options: RetentionOptions
  /** Where the next page of a kind begins. */
  readonly #after = new Map<KeyedKind, string>()

  constructor(options: RetentionOptions) {
    this.#options = options
  }

  /** Returns how many records were too old. */
  async sweep(): Promise<number> {
    let swept = 0
    for (const kind of SWEPT_KINDS) swept += await this.#sweep(kind)
    return swept
  }

  async #sweep(kind: KeyedKind): Promise<number> {
    const { store, clock, keepMs } = this.#options
    const untilMs = clock.wallMs() - keepMs
    const prefix = recordPrefix(kind)
    const page = await store.list(prefix, { after: this.#after.get(kind) ?? prefix, limit: PAGE })
    const old = page.filter((record) => (decodeRecord(record) as IdempotencyRecord<unknown>).at < untilMs)
    await this.#delete(old)
    const last = page.at(-1)
    if (page.length === PAGE && last) this.#after.set(kind, last.key)
    else this.#after.delete(kind)
    return old.length
  }

  async #delete(old: readonly StoredRecord[]): Promise<void> {
    const { store } = this.#options
    const most = Math.min(DELETED_MAX, store.limits.operationsMax)
    for (let from = 0; from < old.length; from += most) {
      const guards = old.slice(from, from + most).map(({ key, revision }) => ({ key, revision }))
      // If another node is at it, the rest goes with the next round.
      await store.commit({ guards, deletes: guards.map(({ key }) => key), durable: true })
      await nextTurn()
    }
  }
}
