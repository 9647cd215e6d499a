import { nextTurn } from '../base/delay.ts'
import { FirstTime } from '../base/first-time.ts'
import { decodeRecord } from '../store/json-records.ts'
import type { Store, StoredRecord } from '../store/store.ts'
import { recordPrefix, SWEPT_KINDS, type KeyedKind } from './key.ts'
import type { IdempotencyRecord } from './record.ts'

export interface RetentionOptions {
  readonly store: Pick<Store, 'limits' | 'list' | 'commit'>
}

export interface RecordSweepOptions extends RetentionOptions {
  /** Called once for each record that cannot be read. It is not deleted. */
  readonly onUnreadable: (key: string, error: unknown) => void
}

/** How many records of each kind a sweep looks at. */
const PAGE = 1_000
const DELETED_MAX = 100
/** How many keys of unreadable records are remembered, so that each is reported once. */
const UNREADABLE_MAX = 1_000

/**
 * Deletes records from before a moment that no batch of the ledger refers to. Records are sorted by key and not by time. So each
 * sweep looks at one page of each kind, and the next sweep continues after it. Every delete is guarded, so two nodes may sweep at
 * the same time.
 */
export class RecordSweep {
  readonly #options: RecordSweepOptions
  /** The key after which the next page of a kind begins. */
  readonly #after = new Map<KeyedKind, string>()
  readonly #unreadable = new FirstTime(UNREADABLE_MAX)

  constructor(options: RecordSweepOptions) {
    this.#options = options
  }

  /**
   * Returns how many records were too old.
   * @param untilMs see `LivedTime`
   */
  async sweep(untilMs: number): Promise<number> {
    let swept = 0
    for (const kind of SWEPT_KINDS) swept += await this.#sweep(kind, untilMs)
    return swept
  }

  async #sweep(kind: KeyedKind, untilMs: number): Promise<number> {
    const { store } = this.#options
    const prefix = recordPrefix(kind)
    const page = await store.list(prefix, { after: this.#after.get(kind) ?? prefix, limit: PAGE })
    const old = page.filter((record) => this.#timeOf(record) < untilMs)
    await this.#delete(old)
    const last = page.at(-1)
    if (page.length === PAGE && last) this.#after.set(kind, last.key)
    else this.#after.delete(kind)
    return old.length
  }

  /** The record's Unix time in milliseconds. Returns Infinity if it cannot be read, so that the sweep of the others goes on. */
  #timeOf(record: StoredRecord): number {
    try {
      const { at } = decodeRecord(record) as Partial<IdempotencyRecord<unknown>>
      if (typeof at === 'number') return at
      throw new Error('the record has no time')
    } catch (error) {
      if (this.#unreadable.isFirst(record.key)) this.#options.onUnreadable(record.key, error)
      return Infinity
    }
  }

  async #delete(old: readonly StoredRecord[]): Promise<void> {
    const { store } = this.#options
    const most = Math.min(DELETED_MAX, store.limits.operationsMax)
    for (let from = 0; from < old.length; from += most) {
      const guards = old.slice(from, from + most).map(({ key, revision }) => ({ key, revision }))
      // If another node sweeps at the same time, what is left is deleted by a later sweep.
      await store.commit({ guards, deletes: guards.map(({ key }) => key), durable: true })
      await nextTurn()
    }
  }
}
