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
  /** A record that nobody can read stays where it is. Called once for each. */
  readonly onUnreadable: (key: string, error: unknown) => void
}

/** How many records of each kind one sweep looks at. */
const PAGE = 1_000
const DELETED_MAX = 100
/** So many records that cannot be read are remembered, to be said once. */
const UNREADABLE_MAX = 1_000

/**
 * Deletes the records that are of before a moment and that no batch of the ledger names. Records are in the order of their keys,
 * not of time: so each sweep looks at a page of each kind, and the next one goes on behind it. Every delete is guarded, so two nodes
 * may sweep at once.
 */
export class RecordSweep {
  readonly #options: RecordSweepOptions
  /** Where the next page of a kind begins. */
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

  /** Unix time in milliseconds. Returns Infinity if the record cannot be read: the others are swept all the same. */
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
      // If another node is at it, the rest goes with the next round.
      await store.commit({ guards, deletes: guards.map(({ key }) => key), durable: true })
      await nextTurn()
    }
  }
}
