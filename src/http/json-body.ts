import { parseJson } from '../protocol/codec.ts'
import { badRequest } from '../protocol/errors.ts'
import { findRepeatedKey } from '../protocol/repeated-key.ts'
import { checkValue, type ValueLimits } from '../protocol/value.ts'

/** What some editors and libraries put before UTF-8 text. */
const BYTE_ORDER_MARK = Buffer.of(0xef, 0xbb, 0xbf)

/**
 * A body as JSON, checked as a frame is. A byte order mark in front is passed over. Throws BAD_REQUEST, also for an object
 * that holds a key twice: bodies are for what changes something, and such a body says two things.
 */
export function parseJsonBody(bytes: Uint8Array, limits: ValueLimits): unknown {
  const given = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const json = given.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)
    ? given.subarray(BYTE_ORDER_MARK.length)
    : given
  const value = parseJson(json)
  checkValue(value, limits)
  const repeated = findRepeatedKey(json.toString())
  if (repeated !== undefined) throw badRequest(repeated, 'is there twice')
  return value
}
