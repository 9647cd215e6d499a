import { FORBIDDEN_KEY } from './forbidden-key.ts'
import { malformed, MsgpackReader } from './msgpack-reader.ts'
import { within, type ValueLimits, type Violation } from './value.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Up to this length a loop is faster than a call of the decoder (measured at 128 bytes: 60 and 75 ns). */
const LOOP_BYTES_MAX = 128
/** An id has up to 64 characters, which take at most 256 bytes of UTF-8. */
const SHORT_TEXT_BYTES_MAX = 256

const INT_SAFE_MAX = BigInt(Number.MAX_SAFE_INTEGER)

/**
 * Checks msgpack bytes before anything is built from them. Throws BAD_REQUEST if the bytes are not exactly one msgpack value.
 * Returns what is wrong if the value would be expensive to decode, or is something that JSON cannot hold: it is nested too deep,
 * has too many keys, binary or extension types, numbers beyond JSON's, text that is not UTF-8, keys that are not strings, or a
 * forbidden key. Its memory does not grow with the input.
 */
export function checkMsgpack(bytes: Uint8Array, limits: ValueLimits): Violation | undefined {
  const reader = new MsgpackReader(bytes)
  const violation = new MsgpackWalk(reader, limits).visit(1)
  if (violation) {
    // The walk stopped at the violation. If the rest is not msgpack, the whole frame is broken and not only its value refused.
    reader.at = 0
    reader.skipValue()
  }
  if (reader.bytesLeft > 0) throw malformed()
  return violation
}

/**
 * Reads those of the named fields of a map that are short strings: enough to answer a frame whose value is refused. Skips
 * everything else, and builds nothing from it. The bytes must be one whole value.
 */
export function readMsgpackTexts(bytes: Uint8Array, names: readonly string[]): Readonly<Record<string, unknown>> {
  const reader = new MsgpackReader(bytes)
  const found: Record<string, unknown> = {}
  reader.head()
  for (let left = reader.kind === 'map' ? reader.length : 0; left > 0; left--) {
    const key = readShortText(reader)
    const value = readShortText(reader)
    // If a field is there twice, the last one counts, as in every decoder.
    if (key !== undefined && names.includes(key)) found[key] = value
  }
  return found
}

/** How many keys and elements there are. The bytes must be one whole value. */
export function countMsgpackEntries(bytes: Uint8Array): number {
  const reader = new MsgpackReader(bytes)
  let count = 0
  while (reader.bytesLeft > 0) {
    reader.head()
    if (reader.kind === 'array' || reader.kind === 'map') count += reader.length
    else reader.take(reader.length)
  }
  return count
}

class MsgpackWalk {
  readonly #reader: MsgpackReader
  readonly #limits: ValueLimits
  #keys = 0

  constructor(reader: MsgpackReader, limits: ValueLimits) {
    this.#reader = reader
    this.#limits = limits
  }

  visit(depth: number): Violation | undefined {
    this.#reader.head()
    const { kind, length } = this.#reader
    switch (kind) {
      case 'map':
        return this.#map(length, depth)
      case 'array':
        return this.#array(length, depth)
      case 'text':
        return this.#text(length)
      case 'float':
        return this.#float(length)
      case 'int64':
      case 'uint64':
        return this.#int64(kind === 'int64')
      case 'bytes':
        return wrong('is bytes, which JSON has no value for')
      case 'extension':
        return wrong('is a msgpack extension type (of dates, for instance), which JSON has no value for')
      case 'constant':
      case 'int':
        this.#reader.take(length)
        return undefined
    }
  }

  #array(length: number, depth: number): Violation | undefined {
    const violation = this.#enter(length, length, depth)
    if (violation) return violation
    for (let i = 0; i < length; i++) {
      const inside = this.visit(depth + 1)
      if (inside) return within(inside, i)
    }
    return undefined
  }

  #map(length: number, depth: number): Violation | undefined {
    const reader = this.#reader
    const violation = this.#enter(length, length * 2, depth)
    if (violation) return violation
    for (let i = 0; i < length; i++) {
      reader.head()
      if (reader.kind !== 'text') return wrong('has a msgpack map key that is not a string')
      const start = reader.at
      if (this.#text(reader.length)) return wrong('has a msgpack map key that is not valid UTF-8')
      const end = reader.at
      if (end - start === FORBIDDEN_KEY.length && this.#textAt(start, end) === FORBIDDEN_KEY) {
        return within(wrong('is a forbidden key'), FORBIDDEN_KEY)
      }
      const inside = this.visit(depth + 1)
      if (inside) return within(inside, this.#textAt(start, end))
    }
    return undefined
  }

  #enter(elements: number, bytesMin: number, depth: number): Violation | undefined {
    if (depth > this.#limits.depthMax) return wrong(`is nested deeper than ${this.#limits.depthMax}`)
    if (bytesMin > this.#reader.bytesLeft) throw malformed()
    this.#keys += elements
    if (this.#keys <= this.#limits.keysMax) return undefined
    return wrong(`more than ${this.#limits.keysMax} keys and elements in one frame`)
  }

  // A decoder would silently replace bytes that are not UTF-8.
  #text(length: number): Violation | undefined {
    const { bytes } = this.#reader
    const start = this.#reader.take(length)
    const end = start + length
    if (length <= LOOP_BYTES_MAX && isAscii(bytes, start, end)) return undefined
    try {
      utf8.decode(bytes.subarray(start, end))
      return undefined
    } catch {
      return wrong('is not valid UTF-8 (it may hold half a surrogate pair)')
    }
  }

  #textAt(start: number, end: number): string {
    return utf8.decode(this.#reader.bytes.subarray(start, end))
  }

  #float(length: number): Violation | undefined {
    const { view } = this.#reader
    const start = this.#reader.take(length)
    const value = length === 4 ? view.getFloat32(start) : view.getFloat64(start)
    return Number.isFinite(value) ? undefined : wrong('is not a finite number')
  }

  #int64(signed: boolean): Violation | undefined {
    const { view } = this.#reader
    const start = this.#reader.take(8)
    const value = signed ? view.getBigInt64(start) : view.getBigUint64(start)
    return value > INT_SAFE_MAX || value < -INT_SAFE_MAX ? wrong('is an integer beyond 2^53 - 1') : undefined
  }
}

function wrong(message: string): Violation {
  return { message, path: [] }
}

/** Reads the next value if it is a short string. Otherwise skips it, and returns undefined. */
function readShortText(reader: MsgpackReader): string | undefined {
  const start = reader.at
  reader.head()
  if (reader.kind !== 'text' || reader.length > SHORT_TEXT_BYTES_MAX) {
    reader.at = start
    reader.skipValue()
    return undefined
  }
  const textStart = reader.take(reader.length)
  try {
    return utf8.decode(reader.bytes.subarray(textStart, reader.at))
  } catch {
    return undefined
  }
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if ((bytes[i] ?? 0) > 0x7f) return false
  return true
}
