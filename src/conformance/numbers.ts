import { MsgpackReader } from '../protocol/msgpack-reader.ts'

const STRINGS = /"(?:[^"\\]|\\.)*"/g
const NUMBERS = /-?\d[\d.eE+-]*/g
const INTEGER = /^-?(?:0|[1-9]\d*)$/

/** Numbers of a JSON text that are not written as integers: strict readers refuse 1.0 and 1e3, too, where an integer is due. */
export function fractionsInJson(text: string): readonly string[] {
  const numbers = text.replaceAll(STRINGS, '""').match(NUMBERS) ?? []
  return numbers.filter((number) => !INTEGER.test(number))
}

/** Numbers of a msgpack value that are not written as integers. Throws for bytes that are none. */
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
