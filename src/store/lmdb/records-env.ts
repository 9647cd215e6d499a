import { open, type Database, type RootDatabase } from 'lmdb'
import { decodeBatch, encodeBatch } from '../log-codec.ts'
import { NewerSchema, type Guard, type LogRecord, type StoredRecord, type Transaction } from '../store.ts'
import { requireOwnership, takeOwnership } from './owner.ts'

/** The log records of a durable transaction. They are written with it, and moved to the log after it. */
export interface OutboxEntry {
  readonly sequence: number
  readonly committedAtMs: number
  readonly records: readonly LogRecord[]
}

const REVISION_BYTES = 8
/** Is written once. If the stored number is higher, a newer Drumbeat wrote the data. */
const SCHEMA = 1

/**
 * The records, in an environment that syncs on every commit (LMDB's own, proven way), off the main thread. The same commit puts
 * the log records of a transaction into the outbox. So an event exists exactly if its change does, whichever process dies in
 * between.
 */
export class RecordsEnv {
  readonly #root: RootDatabase<string, string>
  readonly #records: Database<Buffer, string>
  readonly #outbox: Database<Buffer, number>
  readonly #runId: string
  #outboxSequence: number

  /**
   * The file must be undamaged (see `findDamage`), or must not exist.
   * @param runId identifies this process
   */
  constructor(path: string, runId: string) {
    this.#runId = runId
    // With overlappingSync a write's promise would resolve before the sync. eventTurnBatching would gain nothing, because batches
    // are made above this, and if a commit fails it leaves a rejected promise that nobody can handle.
    this.#root = open({ path, noSubdir: false, overlappingSync: false, eventTurnBatching: false })
    this.#records = this.#root.openDB({ name: 'records', encoding: 'binary' })
    this.#outbox = this.#root.openDB({ name: 'outbox', encoding: 'binary' })
    const schema = this.#number('schema')
    if (schema > SCHEMA) throw new NewerSchema(schema, SCHEMA)
    if (schema === 0) this.#root.putSync('schema', String(SCHEMA))
    this.#outboxSequence = this.#number('outboxSequence')
  }

  /** The store's id. Undefined if an older version made the store. */
  get storeId(): string | undefined {
    return this.#root.get('storeId')
  }

  /** Grows by one with each transaction. */
  get revision(): number {
    return this.#number('revision')
  }

  /** The number of the last transaction that had log records. */
  get outboxSequence(): number {
    return this.#outboxSequence
  }

  /** The number of the first transaction whose log records are still here. Those of earlier ones are certainly in the log. */
  get outboxFirst(): number {
    for (const sequence of this.#outbox.getKeys({ limit: 1 })) return sequence
    return this.#outboxSequence + 1
  }

  /** From now on only this process may write. */
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

  /** Reads all keys at one moment. */
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
   * Resolves after the commit is on disk. The result has the outbox entry with its log records, and the revision of its puts (0
   * if it had none). Or it has the keys of the guards that did not hold. `doneSequence`: outbox entries up to this one are in the
   * log and may be deleted.
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

  /** Log records that are committed and perhaps not yet in the log, oldest first. */
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

  /** Throws the reason if a commit fails, which lmdb hides in a promise inside its error. */
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

  // Inside the transaction's callback these calls become part of the transaction, and settle with it.
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
