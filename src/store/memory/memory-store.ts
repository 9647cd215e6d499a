import type { Clock } from '../../base/clock.ts'
import { UNLIMITED } from '../limits.ts'
import type { CommitResult, Guard, LogBatch, LogFollower, Store, StoredRecord, Transaction } from '../store.ts'

/** A store that lives as long as its process, for tests and for trying things out. Everything counts as durable at once. */
export function createMemoryStore(options: { readonly clock: Clock; readonly epoch: string }): Store {
  return new MemoryStore(options.clock, options.epoch)
}

class MemoryStore implements Store {
  readonly epoch: string
  readonly limits = UNLIMITED
  readonly #clock: Clock
  readonly #records = new Map<string, StoredRecord>()
  readonly #batches: LogBatch[] = []
  #revision = 0
  #head = 0
  #follower: (batch: LogBatch) => void = () => {}

  constructor(clock: Clock, epoch: string) {
    this.#clock = clock
    this.epoch = epoch
  }

  get(keys: readonly string[]): Promise<readonly (StoredRecord | undefined)[]> {
    return Promise.resolve(keys.map((key) => this.#records.get(key)))
  }

  list(prefix: string, page: { after?: string; limit: number }): Promise<readonly StoredRecord[]> {
    const after = page.after ?? ''
    const found = [...this.#records.values()].filter(({ key }) => key.startsWith(prefix) && key > after)
    found.sort((a, b) => (a.key < b.key ? -1 : 1))
    return Promise.resolve(found.slice(0, page.limit))
  }

  async commit(transaction: Transaction): Promise<CommitResult> {
    const conflicts = (transaction.guards ?? []).filter((guard) => !this.#holds(guard)).map(({ key }) => key)
    if (conflicts.length > 0) return { committed: false, conflicts }
    this.#revision++
    for (const { key, value } of transaction.puts ?? []) {
      this.#records.set(key, { key, value, revision: this.#revision })
    }
    for (const key of transaction.deletes ?? []) this.#records.delete(key)
    const revision = transaction.puts?.length ? this.#revision : 0
    return { committed: true, offset: this.#append(transaction.log ?? []), revision }
  }

  follow({ onStart, onBatch }: LogFollower): Promise<void> {
    onStart(0)
    for (const batch of this.#batches) onBatch(batch)
    this.#follower = onBatch
    return Promise.resolve()
  }

  /** `follow` has left nothing out. */
  history(): Promise<boolean> {
    return Promise.resolve(false)
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  #holds({ key, revision }: Guard): boolean {
    return (this.#records.get(key)?.revision ?? 0) === revision
  }

  #append(records: LogBatch['records']): number {
    if (records.length === 0) return 0
    const batch = { offset: this.#head + 1, committedAtMs: this.#clock.wallMs(), records }
    this.#head += records.length
    this.#batches.push(batch)
    this.#follower(batch)
    return batch.offset
  }
}
