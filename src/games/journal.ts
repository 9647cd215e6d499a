import { decodeMsgpack, encodeMsgpack } from '../protocol/msgpack.ts'
import type { Entry } from './entries.ts'
import type { Json } from './definition.ts'

/** How a room began. */
export interface JournalHead {
  readonly game: string
  readonly version: number
  readonly roomId: string
  readonly seed: number
  /** Unix time in milliseconds of tick 0. */
  readonly startMs: number
  readonly options: Json
}

/** What entered a room in one tick. Ticks without entries have no record, unless it has a hash. */
export interface TickRecord {
  readonly tick: number
  /** The room's clock where ticks have no length; else 0. */
  readonly nowMs: number
  readonly entries: readonly Entry[]
  /** Of the state after the tick, now and then: a replay has to come to the same. */
  readonly hash: number | null
}

/** What is first in a record, so that what reads it later knows what it reads. */
const FORMAT = 1
/** How a msgpack array of up to 15 elements begins: this and their number. */
const FIXARRAY = 0x90

export function encodeHead(head: JournalHead): Uint8Array {
  return encodeMsgpack([FORMAT, head])
}

/** Throws JournalError. */
export function decodeHead(bytes: Uint8Array): JournalHead {
  const [, head] = decodeRecord(bytes, 2)
  return head as JournalHead
}

/** To be called before the step runs: entries belong to it then, and may become part of a state that changes. */
export function encodeEntries(entries: readonly Entry[]): Uint8Array {
  return encodeMsgpack(entries)
}

export function encodeTick({ entries, ...rest }: TickRecord): Uint8Array {
  return joinTick(rest, encodeEntries(entries))
}

/** Each time others, which belong to whoever asks. */
export function decodeEntries(bytes: Uint8Array): readonly Entry[] {
  return decodeMsgpack(bytes) as readonly Entry[]
}

/** The record of a tick whose entries were encoded before the step: its hash is known only behind that. */
export function joinTick({ tick, nowMs, hash }: Omit<TickRecord, 'entries'>, entries: Uint8Array): Uint8Array {
  const parts = [encodeMsgpack(FORMAT), encodeMsgpack(tick), encodeMsgpack(nowMs), entries, encodeMsgpack(hash)]
  const record = new Uint8Array(parts.reduce((bytes, part) => bytes + part.length, 1))
  record[0] = FIXARRAY + parts.length
  let at = 1
  for (const part of parts) {
    record.set(part, at)
    at += part.length
  }
  return record
}

/** Throws JournalError. */
export function decodeTick(bytes: Uint8Array): TickRecord {
  const [, tick, nowMs, entries, hash] = decodeRecord(bytes, 5)
  if (!Number.isSafeInteger(tick) || typeof nowMs !== 'number' || !Array.isArray(entries)) throw new JournalError()
  return { tick: tick as number, nowMs, entries: entries as readonly Entry[], hash: hash as number | null }
}

/** A record that is truncated, or of another kind. */
export class JournalError extends Error {
  override readonly name = 'JournalError'

  constructor() {
    super('this is no record of a journal that this version reads')
  }
}

function decodeRecord(bytes: Uint8Array, length: number): unknown[] {
  let record: unknown
  try {
    record = decodeMsgpack(bytes)
  } catch {
    throw new JournalError()
  }
  if (!Array.isArray(record) || record.length !== length || record[0] !== FORMAT) throw new JournalError()
  return record
}
