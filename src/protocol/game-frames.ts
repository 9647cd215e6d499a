import { badRequest } from './errors.ts'
import { GAME_FRAME, INPUT_FRAME } from './game-bytes.ts'

const FLAGS = INPUT_FRAME.seq | INPUT_FRAME.id
const HEAD_BYTES = 3
const ID_BYTES_MAX = 256
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** An input of a client that sends binary frames. */
export interface InputFrame {
  readonly handle: number
  /** The index of the input's name in `data.game.inputs`. */
  readonly index: number
  readonly seq: number | undefined
  readonly id: string | undefined
  /** The value as the input's type encodes it: a view of the frame. */
  readonly value: Uint8Array
}

/** Whether the frame is a game's frame. If not, it is msgpack. */
export function isGameFrame(bytes: Uint8Array): boolean {
  return bytes[0] === GAME_FRAME
}

/**
 * Decodes 0xC1, u8 kind (2), u8 flags (1: seq, 2: id), varint handle, varint index, varint seq, id as varint length and UTF-8,
 * then the value. Varints are unsigned LEB128. Throws BAD_REQUEST. The value itself is checked by its game.
 */
export function decodeInputFrame(bytes: Uint8Array): InputFrame {
  const [, kind, flags = 0] = bytes
  if (bytes.length < HEAD_BYTES) throw badRequest('', 'the frame is cut off')
  if (kind !== INPUT_FRAME.kind) throw badRequest('', `clients do not send game frames of kind ${kind}`)
  if ((flags & ~FLAGS) !== 0) throw badRequest('', 'the frame has flags that this version does not know')
  const reader = new Reader(bytes, HEAD_BYTES)
  const handle = reader.varint(2 ** 32 - 1)
  const index = reader.varint(2 ** 16)
  const seq = (flags & INPUT_FRAME.seq) === 0 ? undefined : reader.varint(Number.MAX_SAFE_INTEGER)
  const id = (flags & INPUT_FRAME.id) === 0 ? undefined : reader.text(reader.varint(ID_BYTES_MAX))
  return { handle, index, seq, id, value: reader.rest() }
}

class Reader {
  readonly #bytes: Uint8Array
  #at: number

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes
    this.#at = at
  }

  varint(max: number): number {
    let value = 0
    for (let unit = 1; unit < 2 ** 53; unit *= 128) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw badRequest('', 'the frame is cut off')
      value += (byte & 127) * unit
      if (byte >= 128) continue
      if (value > max) break
      return value
    }
    throw badRequest('', `a number is above ${max}`)
  }

  text(length: number): string {
    const end = this.#at + length
    if (end > this.#bytes.length) throw badRequest('', 'the frame is cut off')
    const bytes = this.#bytes.subarray(this.#at, end)
    this.#at = end
    try {
      return utf8.decode(bytes)
    } catch {
      throw badRequest('id', 'is not UTF-8')
    }
  }

  rest(): Uint8Array {
    return this.#bytes.subarray(this.#at)
  }
}
