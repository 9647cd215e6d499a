import { badRequest, type Refusal } from './errors.ts'

/** The kind of a msgpack value, as its first byte says. A `constant` is that one byte. */
export type MsgpackKind =
  | 'constant'
  | 'int'
  | 'int64'
  | 'uint64'
  | 'float'
  | 'text'
  | 'bytes'
  | 'extension'
  | 'array'
  | 'map'

export function malformed(): Refusal {
  return badRequest('', 'not valid msgpack')
}

/** Walks over msgpack bytes without building anything. Its methods throw BAD_REQUEST if the bytes end too early. */
export class MsgpackReader {
  readonly bytes: Uint8Array
  readonly view: DataView
  /** The index of the next byte. */
  at = 0
  /** The kind of the value that `head` read last. */
  kind: MsgpackKind = 'constant'
  /** The length of that value: entries of an array or map, otherwise bytes. */
  length = 0

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get bytesLeft(): number {
    return this.bytes.length - this.at
  }

  /** Skips so many bytes. Returns the index of the first of them. */
  take(length: number): number {
    if (length > this.bytesLeft) throw malformed()
    const start = this.at
    this.at += length
    return start
  }

  /** Reads what the next value is. Then `at` is where its content begins. */
  head(): void {
    const tag = this.#uint(1)
    if (tag <= 0x7f || tag >= 0xe0) this.#is('constant', 0)
    else if (tag <= 0x8f) this.#is('map', tag & 0x0f)
    else if (tag <= 0x9f) this.#is('array', tag & 0x0f)
    else if (tag <= 0xbf) this.#is('text', tag & 0x1f)
    else this.#tagged(tag)
  }

  /** Skips one value of any depth. It counts what is still to come, and does not recurse. */
  skipValue(): void {
    for (let left = 1; left > 0; left--) {
      this.head()
      if (this.kind === 'array') left += this.length
      else if (this.kind === 'map') left += 2 * this.length
      else this.take(this.length)
    }
  }

  // The formats of the msgpack specification by their first byte.
  #tagged(tag: number): void {
    switch (tag) {
      case 0xc0: // nil
      case 0xc2: // false
      case 0xc3: // true
        return this.#is('constant', 0)
      case 0xc4: // bin 8, 16, 32
      case 0xc5:
      case 0xc6:
        return this.#is('bytes', this.#uint(1 << (tag - 0xc4)))
      case 0xc7: // ext 8, 16, 32: their length does not count the type byte
      case 0xc8:
      case 0xc9:
        return this.#is('extension', this.#uint(1 << (tag - 0xc7)) + 1)
      case 0xca:
      case 0xcb:
        return this.#is('float', tag === 0xca ? 4 : 8)
      case 0xcc: // uint 8, 16, 32
      case 0xcd:
      case 0xce:
        return this.#is('int', 1 << (tag - 0xcc))
      case 0xcf:
        return this.#is('uint64', 8)
      case 0xd0: // int 8, 16, 32
      case 0xd1:
      case 0xd2:
        return this.#is('int', 1 << (tag - 0xd0))
      case 0xd3:
        return this.#is('int64', 8)
      case 0xd4: // fixext 1, 2, 4, 8, 16
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.#is('extension', (1 << (tag - 0xd4)) + 1)
      case 0xd9: // str 8, 16, 32
      case 0xda:
      case 0xdb:
        return this.#is('text', this.#uint(1 << (tag - 0xd9)))
      case 0xdc:
      case 0xdd:
        return this.#is('array', this.#uint(tag === 0xdc ? 2 : 4))
      case 0xde:
      case 0xdf:
        return this.#is('map', this.#uint(tag === 0xde ? 2 : 4))
      default: // 0xc1 is never used
        throw malformed()
    }
  }

  #is(kind: MsgpackKind, length: number): void {
    this.kind = kind
    this.length = length
  }

  #uint(bytes: number): number {
    const start = this.take(bytes)
    if (bytes === 1) return this.view.getUint8(start)
    return bytes === 2 ? this.view.getUint16(start) : this.view.getUint32(start)
  }
}
