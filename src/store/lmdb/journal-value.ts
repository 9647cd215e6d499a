import { crc32 } from 'node:zlib'
import type { RoomId } from '../../protocol/ids.ts'
import type { JournalEntry, RoomJournal } from '../journal.ts'

/** How an entry is stored: the checksum, the tick of the room's record before it, and its own bytes. */
const PREVIOUS_AT = 4
const BYTES_AT = 12

/** The tick before the first record of a room. */
export const NO_TICK = -1

export interface StoredEntry {
  readonly tick: number
  readonly value: Buffer
}

/** @param previous tick of the record before, or NO_TICK */
export function encodeEntry({ room, tick, bytes }: JournalEntry, previous: number): Buffer {
  const value = Buffer.allocUnsafe(BYTES_AT + bytes.length)
  value.writeDoubleBE(previous, PREVIOUS_AT)
  value.set(bytes, BYTES_AT)
  value.writeUInt32BE(checksum(room, tick, value), 0)
  return value
}

export function readPrevious(value: Buffer): number {
  return value.readDoubleBE(PREVIOUS_AT)
}

export function readBytes(value: Buffer): Buffer {
  return value.subarray(BYTES_AT)
}

/** Why the journal of a room is not what was written, as it may be after a power cut; undefined if it is, but for what was written last. */
export function findGap(
  room: RoomId,
  {
    head,
    checkpoint,
    records,
  }: {
    readonly [Part in keyof RoomJournal]: Part extends 'records' ? readonly StoredEntry[] : StoredEntry | undefined
  },
): string | undefined {
  for (const stored of [head, checkpoint, ...records]) {
    if (stored && !isWhole(room, stored)) return `what is kept of tick ${stored.tick} is damaged`
  }
  let reached = checkpoint?.tick ?? head?.tick ?? NO_TICK
  for (const [i, { tick, value }] of records.entries()) {
    const previous = readPrevious(value)
    if (i === 0 ? previous > reached : previous !== reached)
      return `what came between the ticks ${reached} and ${tick} is missing`
    reached = tick
  }
  return undefined
}

function isWhole(room: RoomId, { tick, value }: StoredEntry): boolean {
  return value.length >= BYTES_AT && value.readUInt32BE(0) === checksum(room, tick, value)
}

function checksum(room: RoomId, tick: number, value: Buffer): number {
  return crc32(value.subarray(PREVIOUS_AT), crc32(`${room} ${tick}`))
}
