import type { Clock } from '../base/clock.ts'
import { nextTurn } from '../base/delay.ts'
import { decodeRecord } from '../store/json-records.ts'
import type { Store } from '../store/store.ts'
import { onceKey, type OnceKind } from './key.ts'
import type { Kept } from './record.ts'

export interface RetentionOptions {
  readonly store: Store
  readonly clock: Clock
  readonly keepMs: number
}

/** Keys of requests that stand in no player's ledger. */
const KEY_KINDS: readonly OnceKind[] = ['restock', 'broadcast', 'message', 'room']
/** Looked at in one sweep, of each kind. */
const KEYS_PAGE = 1_000
const KEYS_DELETED_MAX = 100

/**
 * Lets go of idempotency keys that stand in no player's ledger. They are in the order of their names, not of time: so each sweep
 * looks at a page of each kind, and the next one goes on behind it. Guarded, as above.
 */
export class KeySweep {
  readonly #options: RetentionOptions
  /** Where the next page of a kind begins. */
  readonly #after = new Map<OnceKind, string>()

  constructor(options: RetentionOptions) {
    this.#options = options
  }

  /** Gives how many went. */
  async sweep(): Promise<number> {
    let swept = 0
    for (const kind of KEY_KINDS) swept += await this.#sweep(kind)
    return swept
  }

  async #sweep(kind: OnceKind): Promise<number> {
    const { store, clock, keepMs } = this.#options
    const untilMs = clock.wallMs() - keepMs
    const prefix = onceKey(kind, '', '').slice(0, -1)
    const page = await store.list(prefix, { after: this.#after.get(kind) ?? prefix, limit: KEYS_PAGE })
    const old = page.filter((record) => (decodeRecord(record) as Kept<unknown>).at < untilMs)
    const most = Math.min(KEYS_DELETED_MAX, store.limits.operationsMax)
    for (let from = 0; from < old.length; from += most) {
      const some = old.slice(from, from + most)
      const guards = some.map(({ key, revision }) => ({ key, revision }))
      // Where somebody else is at it, the rest goes with the next round.
      await store.commit({ guards, deletes: guards.map(({ key }) => key), durable: true })
      await nextTurn()
    }
    const last = page.at(-1)
    if (page.length === KEYS_PAGE && last) this.#after.set(kind, last.key)
    else this.#after.delete(kind)
    return old.length
  }
}
