/**
 * The message that every peer is asked to broadcast: a JSON object of an exact size. Only a sequence number of constant width
 * varies. It stands for a timestamp, because the generator knows when each number was due.
 */
export const MARKER = '"seq":'

/** Ten digits for every message, so that the length never changes. */
export const SEQ_BASE = 1_000_000_000
export const SEQ_DIGITS = 10

const TEXT_OPCODE = 0x1
const BINARY_OPCODE = 0x2
const PONG_OPCODE = 0xa
/** Not zero, because `ws` takes a short cut if it is. Masking hides nothing here, so one key is enough. */
const MASK_KEY = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d)

/** JSON text of exactly `bytes` ASCII characters. Throws a RangeError if not even the sequence number fits. */
export function messageText(bytes: number): string {
  const head = `{${MARKER}${SEQ_BASE},"data":"`
  const padding = bytes - head.length - '"}'.length
  if (padding < 0) throw new RangeError(`a message takes at least ${bytes - padding} bytes, not ${bytes}`)
  return `${head}${'x'.repeat(padding)}"}`
}

/** `text` has one character for each byte. */
export function dataFrame(text: string, isBinary: boolean): Buffer {
  return maskedFrame(isBinary ? BINARY_OPCODE : TEXT_OPCODE, Buffer.from(text, 'latin1'))
}

export function pongFrame(payload: Uint8Array): Buffer {
  return maskedFrame(PONG_OPCODE, payload)
}

/** A masked client frame (RFC 6455 section 5.2) of up to 65,535 bytes of payload. */
function maskedFrame(opcode: number, payload: Uint8Array): Buffer {
  const short = payload.length < 126
  if (payload.length > 0xffff) throw new RangeError(`a frame of ${payload.length} bytes is larger than this sends`)
  const head = short ? [0x80 | payload.length] : [0x80 | 126, payload.length >> 8, payload.length & 0xff]
  return Buffer.from([0x80 | opcode, ...head, ...MASK_KEY, ...payload.map(masked)])
}

function masked(byte: number, position: number): number {
  return byte ^ (MASK_KEY[position & 3] as number)
}

/** A frame that is built once. Each message only gets a new sequence number. */
export class FrameTemplate {
  readonly #frame: Buffer
  readonly #digitsAt: number
  readonly #digitsInPayload: number

  /** `text` holds the message of `messageText` exactly once, alone or inside the peer's own envelope. */
  constructor(text: string, isBinary = false) {
    const marker = text.indexOf(`${MARKER}${SEQ_BASE}`)
    if (marker < 0) throw new RangeError(`no ${MARKER} in what is to be sent`)
    this.#frame = dataFrame(text, isBinary)
    this.#digitsInPayload = marker + MARKER.length
    this.#digitsAt = this.#frame.length - text.length + this.#digitsInPayload
  }

  /** Returns a copy, because the socket may still hold the frame before. */
  withSequence(sequence: number): Buffer {
    const frame = Buffer.from(this.#frame)
    let rest = SEQ_BASE + sequence
    for (let digit = SEQ_DIGITS - 1; digit >= 0; digit--) {
      frame[this.#digitsAt + digit] = masked(0x30 + (rest % 10), this.#digitsInPayload + digit)
      rest = Math.floor(rest / 10)
    }
    return frame
  }
}
