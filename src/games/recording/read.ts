import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import {
  FORMAT,
  HEAD_BYTES_MAX,
  ITEM,
  RecordingError,
  type Note,
  type Part,
  type RecordingEnd,
  type RecordingHead,
  type RecordingItem,
} from './format.ts'
import { decodeFrame, newestCheckpoint, readFrame, type RawItem, type ReadAt } from './frames.ts'

/** A recording that can be read, again and again: a frame of it is in memory at a time. */
export class Recording {
  readonly head: RecordingHead
  readonly #source: Source
  readonly #headBytes: number
  #torn: string | undefined

  /** Use `readRecording`. */
  constructor(source: string | Uint8Array) {
    this.#source = typeof source === 'string' ? new FileSource(source) : new BytesSource(source)
    const { head, bytes } = readHead(this.#source)
    this.head = head
    this.#headBytes = bytes
  }

  /** What is missing at its end, as its writer was killed; undefined if nothing is, or if it was not read to its end. */
  get torn(): string | undefined {
    return this.#torn
  }

  /** @throws RecordingError where it is damaged: what was given by then is whole */
  *items(): Generator<RecordingItem, void, undefined> {
    let newest: Uint8Array | undefined
    for (const { frame, at } of this.#frames()) {
      const items = unpack(frame, newest, at)
      newest = newestCheckpoint(items, newest)
      for (const item of items) yield toItem(item, at)
      if (items.at(-1)?.kind === ITEM.end) return
    }
  }

  /** As far as it is whole. */
  parts(): readonly Part[] {
    const parts: Part[] = []
    try {
      for (const item of this.items()) if (item.kind === 'part') parts.push(item.part)
    } catch (error) {
      if (!(error instanceof RecordingError)) throw error
    }
    return parts
  }

  *#frames(): Generator<{ readonly frame: Buffer; readonly at: number }, void, undefined> {
    const open = this.#source.open()
    try {
      for (let at = this.#headBytes; at < open.bytes;) {
        const { frame, end } = readFrame(open.read, at)
        if (!frame) {
          if (end < open.bytes) throw damaged(at)
          this.#torn = `the last ${open.bytes - at} bytes are no whole frame, and were passed over: its writer was killed`
          return
        }
        yield { frame, at }
        at = end
      }
    } finally {
      open.close()
    }
  }
}

/** @param source a file, or what is in one @throws RecordingError if it is none, or damaged */
export function readRecording(source: string | Uint8Array): Recording {
  return new Recording(source)
}

interface Open {
  readonly bytes: number
  /** Less at the end. */
  readonly read: ReadAt
  close(): void
}

interface Source {
  readonly name: string
  open(): Open
}

class FileSource implements Source {
  readonly name: string

  constructor(file: string) {
    this.name = file
  }

  open(): Open {
    const fd = openToRead(this.name)
    return {
      bytes: fstatSync(fd).size,
      read: (at, length) => {
        const buffer = Buffer.allocUnsafe(length)
        return buffer.subarray(0, readSync(fd, buffer, 0, length, at))
      },
      close: () => closeSync(fd),
    }
  }
}

class BytesSource implements Source {
  readonly name = 'the recording'
  readonly #bytes: Buffer

  constructor({ buffer, byteOffset, byteLength }: Uint8Array) {
    this.#bytes = Buffer.from(buffer, byteOffset, byteLength)
  }

  open(): Open {
    return {
      bytes: this.#bytes.length,
      read: (at, length) => this.#bytes.subarray(at, at + length),
      close: () => {},
    }
  }
}

function openToRead(file: string): number {
  let fd: number
  try {
    fd = openSync(file, 'r')
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    throw new RecordingError(
      isMissing ? `${file}: there is no such file` : `${file} cannot be read: ${String(cause)}`,
      {
        cause,
      },
    )
  }
  if (fstatSync(fd).isFile()) return fd
  closeSync(fd)
  throw new RecordingError(`${file}: a recording is a file`)
}

const NEWLINE = 0x0a

function readHead(source: Source): { readonly head: RecordingHead; readonly bytes: number } {
  const open = source.open()
  try {
    const start = open.read(0, Math.min(HEAD_BYTES_MAX, open.bytes))
    const length = start.indexOf(NEWLINE)
    const head = length === -1 ? undefined : parseHead(start.toString('utf8', 0, length))
    if (!head) throw new RecordingError(`${source.name}: this is no recording of a room`)
    if (head.format !== FORMAT) {
      throw new RecordingError(
        `${source.name}: a recording of format ${head.format}, of Drumbeat ${head.server}: this one reads format ${FORMAT}`,
      )
    }
    return { head, bytes: length + 1 }
  } finally {
    open.close()
  }
}

/** undefined: it is none. */
export function parseHead(line: string): RecordingHead | undefined {
  try {
    const head = JSON.parse(line) as RecordingHead
    const isOne = head.drumbeat === 'recording' && typeof head.game === 'string' && typeof head.format === 'number'
    return isOne ? head : undefined
  } catch {
    return undefined
  }
}

function unpack(frame: Buffer, newest: Uint8Array | undefined, at: number): readonly RawItem[] {
  try {
    return decodeFrame(frame, newest)
  } catch (cause) {
    throw damaged(at, cause)
  }
}

function toItem({ kind, bytes }: RawItem, at: number): RecordingItem {
  switch (kind) {
    case ITEM.record:
      return { kind: 'record', bytes }
    case ITEM.checkpoint:
      return { kind: 'checkpoint', text: Buffer.from(bytes).toString() }
    case ITEM.part:
      return { kind: 'part', part: parse(bytes, at) as Part }
    case ITEM.note:
      return { kind: 'note', note: parse(bytes, at) as Note }
    case ITEM.end:
      return { kind: 'end', end: parse(bytes, at) as RecordingEnd }
    default:
      throw damaged(at)
  }
}

function parse(bytes: Uint8Array, at: number): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString()) as unknown
  } catch (cause) {
    throw damaged(at, cause)
  }
}

function damaged(at: number, cause?: unknown): RecordingError {
  return new RecordingError(`the recording is damaged at byte ${at}: nothing behind it can be read`, { cause })
}
