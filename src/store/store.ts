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
  readonly limits: TransactionLimits
  /** Reads all keys at one moment. The result has the order of `keys`, with undefined for keys that do not exist. */
  get(keys: readonly string[]): Promise<readonly (StoredRecord | undefined)[]>
  /** Records whose key starts with `prefix`, in key order, beginning after the key `after`. */
  list(prefix: string, page: { readonly after?: string; readonly limit: number }): Promise<readonly StoredRecord[]>
  commit(transaction: Transaction): Promise<CommitResult>
  /**
   * Gives the newest part of the stored history, then resolves, then gives each batch as it is committed. There can be only one
   * follower.
   */
  follow(follower: LogFollower): Promise<void>
  /**
   * Gives the batches that `follow` left out: those after the offset `after`, up to the offset `upTo`, in order. Resolves to
   * false if the store no longer has all of them. Throws StoreUnavailable.
   */
  history(range: LogRange, onBatch: (batch: LogBatch) => void): Promise<boolean>
  close(): Promise<void>
}

export interface TransactionLimits {
  /** How many guards a transaction may have, and how many puts and deletes together. */
  readonly operationsMax: number
  /** How many bytes its keys, values and log records may have: see `recordBytes`. */
  readonly bytesMax: number
}

export interface LogRange {
  readonly after: number
  readonly upTo: number
}

export interface LogFollower {
  /** Is called first: every event behind this offset will be given. */
  readonly onStart: (floor: number) => void
  readonly onBatch: (batch: LogBatch) => void
  /** Every event up to this offset was given. There need not be an event at this offset. */
  readonly onProgress: (offset: number) => void
}

export interface StoredRecord {
  readonly key: string
  readonly value: Uint8Array
  /** Grows with each change of the record. Guards compare it. */
  readonly revision: number
}

export interface Guard {
  readonly key: string
  /** The revision that the record must have. 0 if it must not exist. */
  readonly revision: number
}

export interface LogRecord {
  readonly channel: Channel
  /** The head of an event. Control records, which are for the nodes themselves, have none. */
  readonly head?: EventHead
  /** The envelope as UTF-8 of a JSON object, without the fields that `frameFront` writes. */
  readonly body: Uint8Array
}

/** The channel of records that are for the nodes themselves. No client gets them. */
export const CONTROL_CHANNEL = 'control' as Channel

export interface Transaction {
  readonly guards?: readonly Guard[]
  readonly puts?: readonly { readonly key: string; readonly value: Uint8Array }[]
  readonly deletes?: readonly string[]
  readonly log?: readonly LogRecord[]
  /** Wait for the disk (or the quorum). Puts and deletes always do. */
  readonly durable: boolean
}

export type CommitResult =
  | {
      readonly committed: true
      /** The offset of the first log record. 0 if there was none. */
      readonly offset: number
      /** The revision of the records that were put. 0 if there were none. */
      readonly revision: number
    }
  | { readonly committed: false; readonly conflicts: readonly string[] }

export interface LogBatch {
  /** The offset of the first record. */
  readonly offset: number
  /** Unix time in milliseconds, by the clock of the node that committed it. */
  readonly committedAtMs: number
  readonly records: readonly LogRecord[]
}

/** The store cannot be reached or takes no writes; nothing was done. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
}

/** This machine's disk has no room for the transaction. There may still be room for events and deletes. */
export class DiskFull extends StoreUnavailable {}

/**
 * This process must not go on: another instance has taken the data, or the store failed in a way that may have harmed the
 * process. Nobody handles this error. The process ends, and the next one finds all that was committed.
 */
export class StoreLost extends Error {
  override readonly name = 'StoreLost'
}

/**
 * The data cannot be what was written last, so an operator has to decide before the server starts. The message says what to do.
 */
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

/** The store did not answer. The transaction may have been applied, or not. */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown'
}
