import { badRequest, type Refusal } from './errors.ts'
import { SERVER_EVENT, type Encoding, type JsonObject } from './events.ts'
import { checkMsgpack, countMsgpackEntries, readMsgpackTexts } from './msgpack-check.ts'
import { malformed } from './msgpack-reader.ts'
import { decodeMsgpack, encodeMsgpack } from './msgpack.ts'
import { findRepeatedKey } from './repeated-key.ts'
import { refusalOfValue, toRefusal, type ValueLimits } from './value.ts'
import { toMsgpackValue } from './msgpack-value.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export interface Decoded {
  /** The value. If it is refused: only the fields that are safe to use, such as the `id` that the reply needs. */
  readonly value: unknown
  /** Set if the value breaks a limit or holds something forbidden. The caller must not act on such a value. */
  readonly refusal: Refusal | undefined
}

/** The fields that are still read from an envelope whose value is refused. */
const HEAD_FIELDS = ['id', 'eventType']

/** Decodes one frame. Throws BAD_REQUEST if the bytes are not JSON, or not msgpack. */
export function decodeFrame(bytes: Uint8Array, encoding: Encoding, limits: ValueLimits): Decoded {
  if (encoding === 'json') {
    const value = parseJson(bytes)
    return { value, refusal: refusalOfValue(value, limits) }
  }
  const violation = checkMsgpack(bytes, limits)
  // A refused value is never built: it could be a nesting bomb.
  if (violation) return { value: readMsgpackTexts(bytes, HEAD_FIELDS), refusal: toRefusal(violation) }
  return { value: decodeMsgpackFrame(bytes), refusal: undefined }
}

/** Whether an object in the frame holds a key twice. The frame must have passed `decodeFrame`. */
export function holdsRepeatedKey(bytes: Uint8Array, encoding: Encoding): boolean {
  if (encoding === 'json') return findRepeatedKey(utf8.decode(bytes)) !== undefined
  return countMsgpackEntries(bytes) !== countKeys(decodeMsgpack(bytes))
}

/** Counts what `countMsgpackEntries` counts in the bytes, but a repeated key counts once here and twice there. */
function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const inside = Object.values(value)
  return inside.reduce((sum: number, each) => sum + countKeys(each), inside.length)
}

/** Encodes a value as one frame: text for JSON, bytes for msgpack. */
export function encodeFrame(value: unknown, encoding: Encoding): string | Uint8Array {
  return encoding === 'json' ? JSON.stringify(value) : encodeMsgpack(toMsgpackValue(value))
}

/**
 * The reply to a request that succeeded. Its JSON is put together by hand, because every request has a reply, and building an
 * object only to write it costs a third more.
 */
export function encodeReply(
  replyTo: string,
  data: JsonObject,
  traceparent: string | undefined,
  encoding: Encoding,
): string | Uint8Array {
  if (encoding === 'msgpack') {
    const trace = traceparent === undefined ? {} : { traceparent }
    return encodeFrame({ eventType: SERVER_EVENT.reply, replyTo, success: true, data, ...trace }, encoding)
  }
  return encodeJsonReply(replyTo, JSON.stringify(data), traceparent)
}

/** @param data JSON text */
export function encodeJsonReply(replyTo: string, data: string, traceparent: string | undefined): string {
  const head = `{"eventType":"${SERVER_EVENT.reply}","replyTo":${JSON.stringify(replyTo)},"success":true`
  const trace = traceparent === undefined ? '' : `,"traceparent":${JSON.stringify(traceparent)}`
  return `${head},"data":${data}${trace}}`
}

export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(bytes))
  } catch {
    throw badRequest('', 'not valid JSON')
  }
}

function decodeMsgpackFrame(bytes: Uint8Array): unknown {
  try {
    return decodeMsgpack(bytes)
  } catch {
    throw malformed()
  }
}
