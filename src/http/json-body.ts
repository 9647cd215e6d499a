import { parseJson } from '../protocol/codec.ts'
import { badRequest } from '../protocol/errors.ts'
import { findRepeatedKey } from '../protocol/repeated-key.ts'
import { checkValue, type ValueLimits } from '../protocol/value.ts'

/** Some editors and libraries put this before UTF-8 text. */
const BYTE_ORDER_MARK = Buffer.of(0xef, 0xbb, 0xbf)

/**
 * Parses a body as JSON and checks it as a frame is checked. A leading byte order mark is ignored. Throws BAD_REQUEST, also if an
 * object has a key twice: a body changes something, and with two values for a key it is ambiguous.
 */
export function parseJsonBody(bytes: Uint8Array, limits: ValueLimits): unknown {
  const given = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const json = given.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)
    ? given.subarray(BYTE_ORDER_MARK.length)
    : given
  const value = parseJson(json)
  checkValue(value, limits)
  const repeated = findRepeatedKey(json.toString())
  if (repeated !== undefined) throw badRequest(repeated, 'is given twice')
  return value
}
