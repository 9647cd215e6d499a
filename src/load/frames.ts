import { MARKER, SEQ_BASE, SEQ_DIGITS } from './message.ts'

const MARKER_BYTES = Buffer.from(MARKER)
const CONTROL_OPCODES = 0x8
const FIN = 0x80
const MASKED = 0x80
const OPCODE_AND_FLAGS = 0x7f

/** Joins what one read left over and what the next one brings. All connections share it, because reads are synchronous. */
const scratch = Buffer.allocUnsafe(512 * 1024)

export interface FrameListener {
  /** Called for each event, if it is given. Most connections only count. */
  readonly onEvent?: (sequence: number) => void
  /**
   * Sees every data frame first, instead of the search for the marker. Returns true if the frame is an event. `payload` is valid
   * until this returns.
   */
  readonly onData?: (payload: Buffer) => boolean
  /** Called for any other frame. `payload` is valid until this returns. */
  readonly onOther: (opcode: number, payload: Buffer) => void
}

/**
 * Counts WebSocket frames in a byte stream by their headers. A data frame is an event if it holds the message's marker, which is
 * looked for first where it was last time. Allocates nothing, except for a frame that two reads have split.
 */
export class FrameCounter {
  events = 0
  /** Bytes of header and payload of all events. */
  eventBytes = 0
  /** Every data frame counts as an event, because a reply has no marker. Its sequence number is -1. */
  countsAll = false
  readonly #listener: FrameListener
  #markerAt = 0
  #rest: Buffer | undefined

  constructor(listener: FrameListener) {
    this.#listener = listener
  }

  /** Reads the first `length` bytes of `bytes`, which may be overwritten afterwards. Throws if a server should not send them. */
  push(bytes: Buffer, length: number): void {
    let source = bytes
    let end = length
    if (this.#rest !== undefined) {
      end = this.#rest.length + length
      if (end > scratch.length) throw new Error(`a frame does not end within ${scratch.length} bytes`)
      this.#rest.copy(scratch)
      bytes.copy(scratch, this.#rest.length, 0, length)
      source = scratch
    }
    const used = this.#scan(source, end)
    this.#rest = used < end ? Buffer.from(source.subarray(used, end)) : undefined
  }

  /** Returns how many bytes were whole frames. */
  #scan(bytes: Buffer, end: number): number {
    let at = 0
    while (end - at >= 2) {
      let length = bytes[at + 1] as number
      let payload = at + 2
      if (length >= 126) {
        if (length >= MASKED) throw new Error('the server sent a masked frame')
        payload = at + (length === 126 ? 4 : 10)
        if (payload > end) break
        length = length === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2))
      }
      if (payload + length > end) break
      this.#frame(bytes, at, payload, payload + length)
      at = payload + length
    }
    return at
  }

  #frame(bytes: Buffer, start: number, payload: number, end: number): void {
    const first = bytes[start] as number
    const opcode = first & OPCODE_AND_FLAGS
    if ((first & FIN) === 0 || opcode > 0xf)
      throw new Error(`a fragmented or compressed frame: 0x${first.toString(16)}`)
    const isData = opcode < CONTROL_OPCODES
    if (isData && this.countsAll) {
      this.events++
      this.eventBytes += end - start
      this.#listener.onEvent?.(-1)
      return
    }
    const { onData } = this.#listener
    if (isData && onData?.(bytes.subarray(payload, end)) === true) {
      this.events++
      this.eventBytes += end - start
      return
    }
    const marker = isData && onData === undefined ? this.#findMarker(bytes, payload, end) : -1
    if (marker < 0) {
      this.#listener.onOther(opcode, bytes.subarray(payload, end))
      return
    }
    this.events++
    this.eventBytes += end - start
    if (this.#listener.onEvent !== undefined) this.#listener.onEvent(readSequence(bytes, marker + MARKER_BYTES.length))
  }

  #findMarker(bytes: Buffer, payload: number, end: number): number {
    const last = end - MARKER_BYTES.length - SEQ_DIGITS
    const expected = payload + this.#markerAt
    if (expected <= last && isMarker(bytes, expected)) return expected
    for (let at = payload; at <= last; at++) {
      if (!isMarker(bytes, at)) continue
      this.#markerAt = at - payload
      return at
    }
    return -1
  }
}

function isMarker(bytes: Buffer, at: number): boolean {
  for (let index = 0; index < MARKER_BYTES.length; index++) {
    if (bytes[at + index] !== MARKER_BYTES[index]) return false
  }
  return true
}

function readSequence(bytes: Buffer, at: number): number {
  let value = 0
  for (let index = at; index < at + SEQ_DIGITS; index++) value = value * 10 + ((bytes[index] as number) - 0x30)
  return value - SEQ_BASE
}
