import type { EventHead } from '../protocol/event-head.ts'
import type { Channel } from '../protocol/ids.ts'

/**
 * The port behind which all state lives. What may be relied on, of every adapter:
 *
 * - A transaction applies whole or not at all, and only if every guard holds at that moment.
 * - Its log records stand in the log exactly when its puts and deletes stand in the records.
 * - The log has one order. Followers get every batch once, in that order, and only after it was committed.
 * - Offsets only grow; within a batch they are consecutive. Between batches there may be holes.
 * - `commit` resolves for a durable transaction after it is on disk (or on a quorum); for others, once it
 *   outlives the death of every process of this server.
 * - What fails throws StoreUnavailable (nothing was done) or OutcomeUnknown (it may have been).
 */
export interface Store {
  /** Changes when the numbering of the log starts anew. */
  readonly epoch: string
  /** Of one transaction. */
  readonly limits: TransactionLimits
  /** Reads the records of one moment, in the order of `keys`; undefined where there is none. */
  get(keys: readonly string[]): Promise<readonly (StoredRecord | undefined)[]>
  /** Records whose key starts with `prefix`, in key order, from the first key after `after`. */
  list(prefix: string, page: { readonly after?: string; readonly limit: number }): Promise<readonly StoredRecord[]>
  commit(transaction: Transaction): Promise<CommitResult>
  /** Gives the newest part of the stored history, then each batch as it is committed. One follower; resolves between the two. */
  follow(follower: LogFollower): Promise<void>
  /**
   * What `follow` left out: the batches behind the offset `after`, up to the offset `upTo`, in order. Resolves to false where
   * the store no longer has all of them. Throws StoreUnavailable.
   */
  history(range: LogRange, onBatch: (batch: LogBatch) => void): Promise<boolean>
  close(): Promise<void>
}

export interface TransactionLimits {
  /** Guards; and puts and deletes together. */
  readonly operationsMax: number
  /** Of keys, values and log records: see `recordBytes`. */
  readonly bytesMax: number
}

export interface LogRange {
  readonly after: number
  readonly upTo: number
}

export interface LogFollower {
  /** Comes first: every event behind this offset will be given. */
  readonly onStart: (floor: number) => void
  readonly onBatch: (batch: LogBatch) => void
  /** Every event up to this offset was given, whether there was one there or not. */
  readonly onProgress: (offset: number) => void
}

export interface StoredRecord {
  readonly key: string
  readonly value: Uint8Array
  /** Grows with each change of the record; for guards. */
  readonly revision: number
}

export interface Guard {
  readonly key: string
  /** The revision the record must have; 0: it must not exist. */
  readonly revision: number
}

export interface LogRecord {
  readonly channel: Channel
  /** Of an event; what is for the nodes themselves has none. */
  readonly head?: EventHead
  /** UTF-8 of the event's envelope as a JSON object, without what `frameFront` writes. */
  readonly body: Uint8Array
}

/** What is for the nodes themselves: no client gets it. */
export const CONTROL_CHANNEL = 'control' as Channel

export interface Transaction {
  readonly guards?: readonly Guard[]
  readonly puts?: readonly { readonly key: string; readonly value: Uint8Array }[]
  readonly deletes?: readonly string[]
  readonly log?: readonly LogRecord[]
  /** Wait for the disk (or the quorum). Always so where there are puts or deletes. */
  readonly durable: boolean
}

export type CommitResult =
  | {
      readonly committed: true
      /** Of the first log record; 0 where there was none. */
      readonly offset: number
      /** Of the records that were put; 0 where there were none. */
      readonly revision: number
    }
  | { readonly committed: false; readonly conflicts: readonly string[] }

export interface LogBatch {
  /** Of the first record. */
  readonly offset: number
  /** Unix time in milliseconds, by the clock of the node that committed it. */
  readonly committedAtMs: number
  readonly records: readonly LogRecord[]
}

/** The store cannot be reached or takes no writes; nothing was done. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
}

/** This machine's disk has no room for that; events and deletes may have. */
export class DiskFull extends StoreUnavailable {}

/**
 * This process must not go on: another instance has taken the data, or the store failed in a way that may have harmed the
 * process. Nobody handles it, the process ends, and the next one finds all that was committed.
 */
export class StoreLost extends Error {
  override readonly name = 'StoreLost'
}

/** The data cannot be what was written last: somebody has to decide before the server starts. The message says what to do. */
export class DataRefused extends Error {
  override readonly name = 'DataRefused'
}

/** A newer version of Drumbeat wrote the data. */
export class NewerSchema extends Error {
  override readonly name = 'NewerSchema'

  constructor(found: number, known: number) {
    super(`the data is of schema ${found}, this version reads up to ${known}: update Drumbeat`)
  }
}

/** The store did not answer: the transaction may or may not have been applied. */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown'
}
