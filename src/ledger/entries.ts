import { hash } from 'node:crypto'
import { isObject } from '../protocol/envelope.ts'
import { Refusal } from '../protocol/errors.ts'
import type { Receipt } from '../protocol/shapes/shop.ts'
import type { UserId } from '../protocol/ids.ts'

/**
 * One step of a player's ledger. Each player's entries are numbered, and each contains the hash of the one before. Entries that
 * were decided in one batch, of whichever players, form one record with a line for each. They never change.
 */
export interface LedgerEntry {
  readonly user_id: UserId
  /** Counts the entries of this player: 1, 2, 3 … */
  readonly entry: number
  /** The hash of the player's previous entry. Empty if this is the first. */
  readonly previous: string
  /** The batch that contains the previous entry. */
  readonly previous_batch: string | null
  readonly kind: 'purchase' | 'credit' | 'refund' | 'reward'
  /** Unix time in milliseconds, by the clock of the node that decided it. */
  readonly at: number
  readonly idempotency_key: string | null
  readonly currency: string
  /** What is added to the balance. Negative if it is taken. */
  readonly amount: number
  /** The player's balance in the currency after this entry. */
  readonly balance: number
  /** Null for a credit or a reward. */
  readonly goods: {
    readonly good_id: string
    /** What is added to the inventory. Negative if it is taken back. */
    readonly count: number
    /** How many the player owns of the good after this entry. */
    readonly owned: number
  } | null
  /** The whole receipt of a purchase. For a refund, the id of the refunded purchase. */
  readonly receipt: Receipt | { readonly purchase_id: string } | null
  /** What a reward is for. */
  readonly match?: MatchReason
}

/** The room whose match paid the reward, and the reward's index among those of the match. */
export interface MatchReason {
  readonly room: string
  readonly reward: number
}

/** The line as it is stored, without its end. The hash is that of exactly these bytes. */
export function encodeEntry(entry: LedgerEntry): string {
  return JSON.stringify(entry)
}

/** SHA-256 in base64url. */
export function hashOf(line: string): string {
  return hash('sha256', line, 'base64url')
}

/** The lines of a batch's record. */
export function linesOf(record: Uint8Array): readonly string[] {
  return Buffer.from(record.buffer, record.byteOffset, record.byteLength).toString().split('\n')
}

/** Throws INTERNAL if the line is not an entry. */
export function decodeEntry(line: string): LedgerEntry {
  try {
    const entry: unknown = JSON.parse(line)
    if (isObject(entry)) return entry as unknown as LedgerEntry
  } catch {
    // told below
  }
  throw new Refusal('INTERNAL', 'a line of the ledger cannot be read')
}
