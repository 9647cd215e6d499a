import { MsgpackReader } from '../protocol/msgpack-reader.ts'

const STRINGS = /"(?:[^"\\]|\\.)*"/g
const NUMBERS = /-?\d[\d.eE+-]*/g
const INTEGER = /^-?(?:0|[1-9]\d*)$/

/**
 * Finds numbers of a JSON text that are not written as integers. Strict readers also refuse 1.0 and 1e3 in place of an integer.
 */
export function fractionsInJson(text: string): readonly string[] {
  const numbers = text.replaceAll(STRINGS, '""').match(NUMBERS) ?? []
  return numbers.filter((number) => !INTEGER.test(number))
}

/** Finds numbers of a msgpack value that are not written as integers. Throws if the bytes are not msgpack. */
export function fractionsInMsgpack(bytes: Uint8Array): readonly string[] {
  const reader = new MsgpackReader(bytes)
  const found: string[] = []
  while (reader.bytesLeft > 0) {
    reader.head()
    if (reader.kind === 'array' || reader.kind === 'map') continue
    const start = reader.take(reader.length)
    if (reader.kind !== 'float') continue
    const value = reader.length === 4 ? reader.view.getFloat32(start) : reader.view.getFloat64(start)
    found.push(`${value} as a float`)
  }
  return found
}
