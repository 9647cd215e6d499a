import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib'
import {
  AFTER_CHECKPOINT,
  DEFLATED,
  DICTIONARY_BYTES,
  FRAME_BYTES_MAX,
  FRAME_HEAD_BYTES,
  ITEM,
  ITEM_HEAD_BYTES,
  type ItemKind,
} from './format.ts'

/** Smaller items are stored as they are. */
const DEFLATED_BYTES_MIN = 64
/** The fastest: a frame is made each second of each room. */
const LEVEL = 1

export interface RawItem {
  readonly kind: ItemKind
  readonly bytes: Uint8Array
}

/** What is in front of the bytes of an item. */
export function itemHead(kind: ItemKind, length: number): Buffer {
  const head = Buffer.allocUnsafe(ITEM_HEAD_BYTES)
  head.writeUInt8(kind, 0)
  head.writeUInt32LE(length, 1)
  return head
}

/**
 * @param items as they stand in the frame
 * @param newest the newest checkpoint of the frames before; undefined: there is none, or it is not known
 */
export function encodeFrame(
  items: Uint8Array,
  tick: number,
  newest: Uint8Array | undefined,
  { isDeflated = items.length >= DEFLATED_BYTES_MIN }: { readonly isDeflated?: boolean } = {},
): Buffer {
  const dictionary = isDeflated ? newest && dictionaryOf(newest) : undefined
  const body = isDeflated ? deflateRawSync(items, { level: LEVEL, ...(dictionary && { dictionary }) }) : items
  const frame = Buffer.allocUnsafe(FRAME_HEAD_BYTES + body.length)
  frame.writeUInt32LE(body.length, 0)
  frame.writeUInt8((isDeflated ? DEFLATED : 0) | (dictionary ? AFTER_CHECKPOINT : 0), 8)
  frame.writeUInt32LE(tick, 9)
  frame.set(body, FRAME_HEAD_BYTES)
  frame.writeUInt32LE(crc32(frame.subarray(8)), 4)
  return frame
}

export function isWhole(frame: Buffer): boolean {
  return frame.readUInt32LE(4) === crc32(frame.subarray(8))
}

/** Reads so many bytes of a file, or fewer at its end. */
export type ReadAt = (at: number, length: number) => Buffer

/** The frame at this byte, and where it ends by what its head says. Without `frame` there is none that is whole. */
export function readFrame(read: ReadAt, at: number): { readonly frame: Buffer | undefined; readonly end: number } {
  const head = read(at, FRAME_HEAD_BYTES)
  const isHead = head.length === FRAME_HEAD_BYTES
  const end = at + FRAME_HEAD_BYTES + (isHead ? head.readUInt32LE(0) : 0)
  if (!isHead || end - at > FRAME_HEAD_BYTES + FRAME_BYTES_MAX) return { frame: undefined, end }
  const frame = read(at, end - at)
  return { frame: frame.length === end - at && isWhole(frame) ? frame : undefined, end }
}

export function frameTick(frame: Buffer): number {
  return frame.readUInt32LE(9)
}

/** The items of a whole frame. Throws if they are none. */
export function decodeFrame(frame: Buffer, newest: Uint8Array | undefined): readonly RawItem[] {
  const flags = frame.readUInt8(8)
  const body = frame.subarray(FRAME_HEAD_BYTES)
  const dictionary = (flags & AFTER_CHECKPOINT) === 0 ? undefined : newest && dictionaryOf(newest)
  const limits = { maxOutputLength: FRAME_BYTES_MAX, ...(dictionary && { dictionary }) }
  return itemsOf((flags & DEFLATED) === 0 ? body : inflateRawSync(body, limits))
}

/** The newest checkpoint among the items; `before` if there is none. */
export function newestCheckpoint(items: readonly RawItem[], before: Uint8Array | undefined): Uint8Array | undefined {
  return items.findLast(({ kind }) => kind === ITEM.checkpoint)?.bytes ?? before
}

function itemsOf(bytes: Buffer): readonly RawItem[] {
  const items: RawItem[] = []
  for (let at = 0; at < bytes.length;) {
    const kind = bytes.readUInt8(at) as ItemKind
    const end = at + ITEM_HEAD_BYTES + bytes.readUInt32LE(at + 1)
    if (end > bytes.length) throw new Error('an item is longer than its frame')
    items.push({ kind, bytes: bytes.subarray(at + ITEM_HEAD_BYTES, end) })
    at = end
  }
  return items
}

function dictionaryOf(newest: Uint8Array): Uint8Array {
  return newest.subarray(-DICTIONARY_BYTES)
}
