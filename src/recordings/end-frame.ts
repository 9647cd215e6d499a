import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { END_MARK, FRAME_HEAD_BYTES, ITEM, ITEM_HEAD_BYTES, type RecordingEnd } from '../games/recording/format.ts'
import { encodeFrame, isWhole, itemHead } from '../games/recording/frames.ts'

const TRAILER_BYTES = 8

/** What stands at the end of a recording. It is stored as it is, so that it can be read without all that is before it. */
export function encodeEnd(end: RecordingEnd): Buffer {
  const bytes = Buffer.from(JSON.stringify(end))
  const frame = encodeFrame(Buffer.concat([itemHead(ITEM.end, bytes.length), bytes]), end.tick, undefined, {
    isDeflated: false,
  })
  const trailer = Buffer.allocUnsafe(TRAILER_BYTES)
  trailer.writeUInt32LE(frame.length, 0)
  trailer.writeUInt32LE(END_MARK, 4)
  return Buffer.concat([frame, trailer])
}

/** Undefined if the recording has no end. */
export function readEnd(fd: number): RecordingEnd | undefined {
  const { size } = fstatSync(fd)
  const trailer = readAt(fd, size - TRAILER_BYTES, TRAILER_BYTES)
  if (trailer.length < TRAILER_BYTES || trailer.readUInt32LE(4) !== END_MARK) return undefined
  const length = trailer.readUInt32LE(0)
  const frame = readAt(fd, size - TRAILER_BYTES - length, length)
  if (frame.length !== length || length < FRAME_HEAD_BYTES + ITEM_HEAD_BYTES || !isWhole(frame)) return undefined
  return JSON.parse(frame.toString('utf8', FRAME_HEAD_BYTES + ITEM_HEAD_BYTES)) as RecordingEnd
}

/** Less at the end of the file, nothing before its beginning. */
export function readAt(fd: number, at: number, length: number): Buffer {
  if (at < 0) return Buffer.alloc(0)
  const buffer = Buffer.allocUnsafe(length)
  return buffer.subarray(0, readSync(fd, buffer, 0, length, at))
}

export function withFile<Result>(file: string, use: (fd: number) => Result): Result {
  const fd = openSync(file, 'r')
  try {
    return use(fd)
  } finally {
    closeSync(fd)
  }
}
