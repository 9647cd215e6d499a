import type { Encoding } from '../protocol/events.ts'
import { parseJson } from '../protocol/codec.ts'
import { encodeMsgpack, toWellFormed } from '../protocol/msgpack.ts'
import type { WireEntry } from '../link/methods.ts'

/** The frame of an event, as every member with this encoding gets it. */
export function buildFrame(entry: WireEntry, encoding: Encoding): Uint8Array {
  return encoding === 'json' ? jsonFrame(entry) : msgpackFrame(entry)
}

/** The body is the JSON text of an object with at least one field: the two numbers go in front, nothing is parsed. */
function jsonFrame([offset, prev, , body]: WireEntry): Uint8Array {
  const head = `{"offset":${offset},"prev":${prev},`
  const frame = Buffer.allocUnsafe(head.length + body.length - 1)
  frame.write(head, 'latin1')
  frame.set(body.subarray(1), head.length)
  return frame
}

function msgpackFrame([offset, prev, , body]: WireEntry): Uint8Array {
  const parsed = parseJson(body)
  const fields = hasEscapedSurrogate(body) ? toWellFormed(parsed) : parsed
  return encodeMsgpack({ offset, prev, ...(fields as object) })
}

/** Bodies are what JSON.stringify writes: lone surrogates, and no others, as escapes in lower case. */
function hasEscapedSurrogate(body: Uint8Array): boolean {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).includes('\\ud', 'latin1')
}
