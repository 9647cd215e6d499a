import { closeSync, constants, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { DICTIONARY_BYTES, HEAD_BYTES_MAX, ITEM, type ItemKind } from '../games/recording/format.ts'
import type { RecordingEnd, RecordingHead } from '../games/recording/format.ts'
import { encodeFrame, frameTick, itemHead, readFrame } from '../games/recording/frames.ts'
import { parseHead } from '../games/recording/read.ts'
import { encodeEnd, readAt, readEnd, withFile } from './end-frame.ts'

/** Items that wait for a checkpoint make a frame if they are that many. */
const WAITING_BYTES_MAX = 256 * 1024
/** It is not made by writing to it: somebody who takes it away ends the recording. */
const APPEND = constants.O_WRONLY | constants.O_APPEND

/** What is known of a recording without reading all of it. */
export interface RecordingFacts {
  readonly head: RecordingHead
  /** Undefined: it has none yet. */
  readonly end: RecordingEnd | undefined
  readonly bytes: number
}

/** Undefined if it is no recording. Throws what the file system throws. */
export function readFacts(file: string): RecordingFacts | undefined {
  return withFile(file, (fd) => {
    const head = readHead(fd)
    return head && { head: head.head, end: readEnd(fd), bytes: fstatSync(fd).size }
  })
}

const FIRST_BYTES = 4096

function readHead(fd: number): { readonly head: RecordingHead; readonly bytes: number } | undefined {
  for (let length = FIRST_BYTES; length <= HEAD_BYTES_MAX; length *= 4) {
    const start = readAt(fd, 0, length)
    const bytes = start.indexOf('\n') + 1
    if (bytes === 0 && start.length === length) continue
    const head = bytes === 0 ? undefined : parseHead(start.toString('utf8', 0, bytes - 1))
    return head && { head, bytes }
  }
  return undefined
}

/** How far a recording without an end is whole, and up to which tick. Undefined if it is none. */
export function readWhole(file: string): { readonly bytes: number; readonly tick: number } | undefined {
  return withFile(file, (fd) => {
    const head = readHead(fd)
    if (!head) return undefined
    let { bytes } = head
    let { tick } = head.head
    for (;;) {
      const { frame, end } = readFrame((at, length) => readAt(fd, at, length), bytes)
      if (!frame) return { bytes, tick }
      tick = frameTick(frame)
      bytes = end
    }
  })
}

/** A recording as it is written. Throws what the file system throws. */
export class RecordingFile {
  readonly id: string
  readonly #path: string
  #bytes: number
  #tick: number
  #waiting: Uint8Array[] = []
  #waitingBytes = 0
  /** Of what waits. */
  #waitingTick = 0
  #waitingCheckpoint: Uint8Array | undefined
  /** In the file. */
  #newest: Uint8Array | undefined
  /** A part has begun: its first checkpoint is kept, however large. */
  #isBeginning = false
  /** Checkpoints until one is kept again. */
  #passOver = 0

  private constructor(id: string, path: string, at: { readonly bytes: number; readonly tick: number }) {
    this.id = id
    this.#path = path
    this.#bytes = at.bytes
    this.#tick = at.tick
  }

  static create(id: string, path: string, head: RecordingHead): RecordingFile {
    const text = `${JSON.stringify(head)}\n`
    const line = Buffer.from(text)
    const fd = openSync(path, 'wx', 0o600)
    try {
      writeSync(fd, line)
    } finally {
      closeSync(fd)
    }
    return new RecordingFile(id, path, { bytes: line.length, tick: head.tick })
  }

  /** Goes on behind what is whole of it. Undefined if it is no recording. */
  static resume(id: string, path: string): RecordingFile | undefined {
    const whole = readWhole(path)
    if (!whole) return undefined
    const fd = openSync(path, 'r+')
    try {
      ftruncateSync(fd, whole.bytes)
    } finally {
      closeSync(fd)
    }
    return new RecordingFile(id, path, whole)
  }

  get bytes(): number {
    return this.#bytes
  }

  /** All up to this tick is in the file. */
  get tick(): number {
    return this.#tick
  }

  /** Returns whether a frame is to be made now. */
  add(kind: ItemKind, tick: number, bytes: Uint8Array): boolean {
    if (kind === ITEM.part) this.#isBeginning = true
    this.#waitingTick = Math.max(this.#waitingTick, tick)
    if (kind === ITEM.checkpoint) {
      // A large state is not kept each second.
      if (!this.#isBeginning && this.#passOver > 0) {
        this.#passOver--
        return true
      }
      this.#isBeginning = false
      this.#passOver = Math.ceil(bytes.length / DICTIONARY_BYTES) - 1
      this.#waitingCheckpoint = bytes
    }
    this.#waiting.push(itemHead(kind, bytes.length), bytes)
    this.#waitingBytes += bytes.length
    return kind === ITEM.checkpoint || this.#waitingBytes > WAITING_BYTES_MAX
  }

  /** Undefined: nothing waits. */
  takeFrame(): Buffer | undefined {
    if (this.#waiting.length === 0) return undefined
    const frame = encodeFrame(Buffer.concat(this.#waiting), this.#waitingTick, this.#newest)
    this.#newest = this.#waitingCheckpoint ?? this.#newest
    this.#waiting = []
    this.#waitingBytes = 0
    this.#waitingCheckpoint = undefined
    return frame
  }

  append(frame: Uint8Array): void {
    const fd = openSync(this.#path, APPEND)
    try {
      for (let at = 0; at < frame.length;) at += writeSync(fd, frame, at)
    } catch (error) {
      // What is whole stays.
      ftruncateSync(fd, this.#bytes)
      throw error
    } finally {
      closeSync(fd)
    }
    this.#bytes += frame.length
    this.#tick = this.#waitingTick
  }

  /** Only what stands in the file has come before it. */
  end(end: RecordingEnd): void {
    this.append(encodeEnd(end))
  }
}
