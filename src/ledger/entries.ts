import { hash } from 'node:crypto'
import { isObject } from '../protocol/envelope.ts'
import { Refusal } from '../protocol/errors.ts'
import type { Receipt } from '../protocol/shapes/shop.ts'
import type { UserId } from '../protocol/ids.ts'

/**
 * One step of a player's ledger. Each player's entries are numbered and chained by their hashes; those that were decided
 * together, of whichever players, stand in one record, a line each. Nothing is ever changed in it.
 */
export interface LedgerEntry {
  readonly user_id: UserId
  /** 1, 2, 3 … of this player. */
  readonly entry: number
  /** Hash of the player's entry before; empty: this is the first. */
  readonly previous: string
  /** The batch with the entry before. */
  readonly previous_batch: string | null
  readonly kind: 'purchase' | 'credit' | 'refund' | 'reward'
  /** Unix time in milliseconds, by the clock of the node that decided it. */
  readonly at: number
  readonly idempotency_key: string | null
  readonly currency: string
  /** Added to the balance; less than 0: taken. */
  readonly amount: number
  /** What the player has of the currency after it. */
  readonly balance: number
  /** null: a credit or a reward. */
  readonly goods: {
    readonly good_id: string
    /** Added to the inventory; less than 0: taken back. */
    readonly count: number
    /** What the player has of the good after it. */
    readonly owned: number
  } | null
  /** Of a purchase, whole; of a refund, the id of what is refunded. */
  readonly receipt: Receipt | { readonly purchase_id: string } | null
  /** Of a reward: what it is for. */
  readonly match?: MatchReason
}

/** The room whose match has paid it, and its place among the rewards of that. */
export interface MatchReason {
  readonly room: string
  readonly reward: number
}

/** As it is stored, without the line's end. The hash is of exactly these bytes. */
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

/** Throws INTERNAL where it is none. */
export function decodeEntry(line: string): LedgerEntry {
  try {
    const entry: unknown = JSON.parse(line)
    if (isObject(entry)) return entry as unknown as LedgerEntry
  } catch {
    // told below
  }
  throw new Refusal('INTERNAL', 'a line of the ledger cannot be read')
}
