import type { RecordingHead } from '../games/recording/format.ts'

/**
 * What the primary sends to whoever writes recordings, in blocks: for each thing a u8 with what it is, the u32 number of the recording, the u32 tick, the
 * u32 length, little-endian, and the bytes. What it is: an item of a recording (`ITEM`), or one of these.
 */
export const OP = {
  /** JSON: see `Begin`. */
  begin: 16,
  /** JSON: see `Resume`. */
  resume: 17,
  /** The id of a recording, whose file goes. */
  delete: 18,
} as const

export const OP_HEAD_BYTES = 13

export interface Begin {
  /** Without a number behind it, if no other recording has it. */
  readonly id: string
  readonly head: RecordingHead
}

export interface Resume {
  readonly id: string
}

/** What was done with a block. */
export interface Report {
  /** How long the block was. */
  readonly bytes: number
  /** How much went into files. */
  readonly bytesWritten: number
  /** By number: all up to this tick is in the file. */
  readonly written: readonly (readonly [number: number, tick: number])[]
  /** By number: they end here; null if that was wanted. */
  readonly ended: readonly (readonly [number: number, why: string | null])[]
  /** Numbers of calls, and whether there was such a recording. */
  readonly deleted: readonly (readonly [call: number, wasThere: boolean])[]
  /** Ids of recordings that gave way to newer ones, or were too old. */
  readonly removed: readonly string[]
}

/** A recording that has no end: its writer was killed, or runs. */
export interface Unfinished {
  readonly id: string
  readonly room: string
  /** All up to this tick is there. */
  readonly tick: number
}

interface Op {
  readonly op: number
  readonly number: number
  readonly tick: number
  readonly bytes: Buffer
}

export function* readOps(block: Buffer): Generator<Op, void, undefined> {
  for (let at = 0; at < block.length;) {
    const end = at + OP_HEAD_BYTES + block.readUInt32LE(at + 9)
    const op = block.readUInt8(at)
    const number = block.readUInt32LE(at + 1)
    const tick = block.readUInt32LE(at + 5)
    yield { op, number, tick, bytes: block.subarray(at + OP_HEAD_BYTES, end) }
    at = end
  }
}

const FIRST_BYTES = 64 * 1024

/** Gathers a block. */
export class BlockWriter {
  #buffer = Buffer.allocUnsafe(FIRST_BYTES)
  #length = 0

  get length(): number {
    return this.#length
  }

  add(op: number, number: number, tick: number, bytes: Uint8Array): void {
    this.#require(OP_HEAD_BYTES + bytes.length)
    const buffer = this.#buffer
    buffer.writeUInt8(op, this.#length)
    buffer.writeUInt32LE(number, this.#length + 1)
    buffer.writeUInt32LE(tick, this.#length + 5)
    buffer.writeUInt32LE(bytes.length, this.#length + 9)
    buffer.set(bytes, this.#length + OP_HEAD_BYTES)
    this.#length += OP_HEAD_BYTES + bytes.length
  }

  /** Memory of its own. */
  take(): Buffer {
    const block = Buffer.from(new Uint8Array(this.#buffer.subarray(0, this.#length)).buffer)
    this.#length = 0
    return block
  }

  #require(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(2 * this.#buffer.length, this.#length + bytes))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}
