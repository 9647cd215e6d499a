import { open, type Database, type RootDatabase } from 'lmdb'
import { decodeBatch, encodeBatch } from '../log-codec.ts'
import { NewerSchema, type Guard, type LogRecord, type StoredRecord, type Transaction } from '../store.ts'
import { requireOwnership, takeOwnership } from './owner.ts'

/** What a durable transaction leaves for the log: written with it, moved to the log after it. */
export interface OutboxEntry {
  readonly sequence: number
  readonly committedAtMs: number
  readonly records: readonly LogRecord[]
}

const REVISION_BYTES = 8
/** Written once; a newer number than ours means that a newer Drumbeat wrote the data. */
const SCHEMA = 1

/**
 * The records, in an environment that syncs on every commit (LMDB's own, proven way), off the main thread. The log
 * records of a transaction are put beside its records in the same commit (the outbox): an event exists exactly when its
 * change does, whatever dies in between.
 */
export class RecordsEnv {
  readonly #root: RootDatabase<string, string>
  readonly #records: Database<Buffer, string>
  readonly #outbox: Database<Buffer, number>
  readonly #runId: string
  #outboxSequence: number

  /**
   * The file is whole, or not there: see `findDamage`.
   * @param runId of this process only
   */
  constructor(path: string, runId: string) {
    this.#runId = runId
    // Without overlappingSync a write's promise resolves after the sync, and not before. Batching by turns of the event loop
    // adds nothing to ours, and where a commit fails it leaves a rejected promise that nobody can handle.
    this.#root = open({ path, noSubdir: false, overlappingSync: false, eventTurnBatching: false })
    this.#records = this.#root.openDB({ name: 'records', encoding: 'binary' })
    this.#outbox = this.#root.openDB({ name: 'outbox', encoding: 'binary' })
    const schema = this.#number('schema')
    if (schema > SCHEMA) throw new NewerSchema(schema, SCHEMA)
    if (schema === 0) this.#root.putSync('schema', String(SCHEMA))
    this.#outboxSequence = this.#number('outboxSequence')
  }

  /** Names the store. Returns undefined if an older version made it. */
  get storeId(): string | undefined {
    return this.#root.get('storeId')
  }

  /** Grows with each transaction. */
  get revision(): number {
    return this.#number('revision')
  }

  /** Of the last transaction that had log records. */
  get outboxSequence(): number {
    return this.#outboxSequence
  }

  /** Of the first transaction whose log records are kept here; those before it were in the log for certain. */
  get outboxFirst(): number {
    for (const sequence of this.#outbox.getKeys({ limit: 1 })) return sequence
    return this.#outboxSequence + 1
  }

  /** From now on this run writes, and no other one. */
  take(storeId: string): void {
    this.#root.transactionSync(() => {
      if (this.storeId !== storeId) this.#root.putSync('storeId', storeId)
      takeOwnership(this.#root, this.#runId)
    })
  }

  get(key: string): StoredRecord | undefined {
    const bytes = this.#records.getBinary(key)
    return bytes === undefined ? undefined : toRecord(key, bytes)
  }

  /** Reads of one moment. */
  getMany(keys: readonly string[]): readonly (StoredRecord | undefined)[] {
    // Reads in one turn of the event loop share lmdb's read transaction.
    return keys.map((key) => this.get(key))
  }

  list(prefix: string, after: string | undefined, limit: number): readonly StoredRecord[] {
    const start = after === undefined || after < prefix ? prefix : `${after}\u0000`
    const range = this.#records.getRange({ start, end: `${prefix}\uffff`, limit })
    return Array.from(range, ({ key, value }) => toRecord(key, value))
  }

  /**
   * Resolves after the commit is on disk, with the outbox entry for its log records and the revision of its puts (0: there
   * were none), or with the keys of guards that did not hold. `doneSequence`: outbox entries up to here stand in the log and may go.
   */
  async commit(
    transaction: Transaction,
    committedAtMs: number,
    doneSequence: number,
  ): Promise<{ conflicts: readonly string[] } | { outbox: OutboxEntry | undefined; revision: number }> {
    const records = transaction.log ?? []
    const sequence = records.length === 0 ? 0 : ++this.#outboxSequence
    let conflicts: readonly string[] = []
    let revision = 0
    await this.#transaction(() => {
      requireOwnership(this.#root, this.#runId)
      conflicts = (transaction.guards ?? []).filter((guard) => !this.#holds(guard)).map(({ key }) => key)
      if (conflicts.length > 0) return
      revision = this.#write(transaction)
      this.#clearOutbox(doneSequence)
      if (sequence === 0) return
      const batch = encodeBatch({ committedAtMs, outboxSequence: sequence, records })
      void this.#outbox.put(sequence, Buffer.from(batch))
      void this.#root.put('outboxSequence', String(sequence))
    })
    if (conflicts.length > 0) return { conflicts }
    return { outbox: sequence === 0 ? undefined : { sequence, committedAtMs, records }, revision }
  }

  /** What was committed and is not known to stand in the log, oldest first. */
  outboxAfter(sequence: number): readonly OutboxEntry[] {
    return Array.from(this.#outbox.getRange({ start: sequence + 1 }), ({ key, value }) => {
      const { committedAtMs, records } = decodeBatch(value)
      return { sequence: key, committedAtMs, records }
    })
  }

  async close(): Promise<void> {
    await this.#root.close()
  }

  #number(key: string): number {
    return Number(this.#root.get(key) ?? 0)
  }

  /** Throws why a commit failed, which lmdb puts into a promise inside its error. */
  async #transaction(write: () => void): Promise<void> {
    try {
      await this.#root.transaction(write)
    } catch (error) {
      if (error instanceof Error && 'commitError' in error) await error.commitError
      throw error
    }
  }

  #holds({ key, revision }: Guard): boolean {
    return (this.get(key)?.revision ?? 0) === revision
  }

  // Inside the transaction's callback these are queued into it and settle with it.
  #write({ puts = [], deletes = [] }: Transaction): number {
    const revision = this.#number('revision') + 1
    void this.#root.put('revision', String(revision))
    for (const { key, value } of puts) void this.#records.put(key, toBytes(value, revision))
    for (const key of deletes) void this.#records.remove(key)
    return puts.length === 0 ? 0 : revision
  }

  #clearOutbox(doneSequence: number): void {
    for (const sequence of this.#outbox.getKeys({ end: doneSequence + 1 })) void this.#outbox.remove(sequence)
  }
}

function toRecord(key: string, bytes: Buffer): StoredRecord {
  return { key, value: bytes.subarray(REVISION_BYTES), revision: bytes.readDoubleBE(0) }
}

function toBytes(value: Uint8Array, revision: number): Buffer {
  const bytes = Buffer.allocUnsafe(REVISION_BYTES + value.length)
  bytes.writeDoubleBE(revision, 0)
  bytes.set(value, REVISION_BYTES)
  return bytes
}
