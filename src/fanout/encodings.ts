import { parseJson } from '../protocol/codec.ts'
import type { Encoding } from '../protocol/events.ts'
import { toMsgpackValue, widenIntegers } from '../protocol/msgpack-value.ts'
import { encodeMsgpack } from '../protocol/msgpack.ts'

/** Converts a JSON frame to the encoding of a member. */
export function inEncoding(frame: Uint8Array, encoding: Encoding): Uint8Array {
  if (encoding === 'json') return frame
  const fields = parseJson(frame)
  if (hasEscapedSurrogate(frame)) return encodeMsgpack(toMsgpackValue(fields))
  widenIntegers(fields as Record<string, unknown>)
  return encodeMsgpack(fields)
}

/** JSON.stringify writes lone surrogates as escapes in lower case, and no other characters as \ud…. */
function hasEscapedSurrogate(frame: Uint8Array): boolean {
  return Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength).includes('\\ud', 'latin1')
}
