import { badRequest, type Refusal } from './errors.ts'
import { SERVER_EVENT, type Encoding, type JsonObject } from './events.ts'
import { checkMsgpack, countMsgpackEntries, readMsgpackTexts } from './msgpack-check.ts'
import { malformed } from './msgpack-reader.ts'
import { decodeMsgpack, encodeMsgpack } from './msgpack.ts'
import { findRepeatedKey } from './repeated-key.ts'
import { refusalOfValue, toRefusal, type ValueLimits } from './value.ts'
import { toMsgpackValue } from './msgpack-value.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A frame that could be read. */
export interface Decoded {
  /** Where it is refused, what can be known of it safely: the `id` to answer to is in there. */
  readonly value: unknown
  /** Set if the value holds something that is not taken. The value must not be carried out then. */
  readonly refusal: Refusal | undefined
}

/** Fields of an envelope that are looked at where its value is refused. */
const HEAD_FIELDS = ['id', 'eventType']

/** Bytes of one frame to a value. Throws BAD_REQUEST for bytes that are not JSON, or not msgpack. */
export function decodeFrame(bytes: Uint8Array, encoding: Encoding, limits: ValueLimits): Decoded {
  if (encoding === 'json') {
    const value = parseJson(bytes)
    return { value, refusal: refusalOfValue(value, limits) }
  }
  const violation = checkMsgpack(bytes, limits)
  // What was refused is not decoded: that is what the check is for.
  if (violation) return { value: readMsgpackTexts(bytes, HEAD_FIELDS), refusal: toRefusal(violation) }
  return { value: decodeMsgpackFrame(bytes), refusal: undefined }
}

/** Whether an object in the frame holds a key twice. For a frame that `decodeFrame` took. */
export function holdsRepeatedKey(bytes: Uint8Array, encoding: Encoding): boolean {
  if (encoding === 'json') return findRepeatedKey(utf8.decode(bytes)) !== undefined
  return countMsgpackEntries(bytes) !== countKeys(decodeMsgpack(bytes))
}

/** As `countMsgpackEntries` counts them in the bytes, where those that are there twice are two. */
function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const inside = Object.values(value)
  return inside.reduce((sum: number, each) => sum + countKeys(each), inside.length)
}

/** A value to the frame's content: text for JSON, bytes for msgpack. */
export function encodeFrame(value: unknown, encoding: Encoding): string | Uint8Array {
  return encoding === 'json' ? JSON.stringify(value) : encodeMsgpack(toMsgpackValue(value))
}

/**
 * The reply to a request that succeeded. As text it is put together by hand: every request has one, and an object that is only made to be
 * written costs a third more.
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

/** @param data as JSON */
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
