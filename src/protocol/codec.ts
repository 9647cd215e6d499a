import { badRequest } from './errors.ts'
import { SERVER_EVENT, type Encoding, type JsonObject } from './events.ts'
import { checkMsgpack } from './msgpack-check.ts'
import { decodeMsgpack, encodeMsgpack, toWellFormed } from './msgpack.ts'
import { findRepeatedKey } from './repeated-key.ts'
import { checkValue, type ValueLimits } from './value.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Bytes of one frame to a value that is safe to look into. Throws BAD_REQUEST. */
export function decodeFrame(bytes: Uint8Array, encoding: Encoding, limits: ValueLimits): unknown {
  if (encoding === 'msgpack') {
    checkMsgpack(bytes, limits)
    return decodeMsgpackFrame(bytes)
  }
  const value = parseJson(bytes)
  checkValue(value, limits)
  return value
}

/** Whether an object in the frame holds a key twice. For a frame that `decodeFrame` took. */
export function holdsRepeatedKey(bytes: Uint8Array, encoding: Encoding, limits: ValueLimits): boolean {
  if (encoding === 'json') return findRepeatedKey(utf8.decode(bytes)) !== undefined
  return checkMsgpack(bytes, limits) !== countKeys(decodeMsgpack(bytes))
}

/** As `checkMsgpack` counts them in the bytes, where those that are there twice are two. */
function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const inside = Object.values(value)
  return inside.reduce((sum: number, each) => sum + countKeys(each), inside.length)
}

/** A value to the frame's content: text for JSON, bytes for msgpack. */
export function encodeFrame(value: unknown, encoding: Encoding): string | Uint8Array {
  return encoding === 'json' ? JSON.stringify(value) : encodeMsgpack(toWellFormed(value))
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
  const head = `{"eventType":"${SERVER_EVENT.reply}","replyTo":${JSON.stringify(replyTo)},"success":true`
  const trace = traceparent === undefined ? '' : `,"traceparent":${JSON.stringify(traceparent)}`
  return `${head},"data":${JSON.stringify(data)}${trace}}`
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
    throw badRequest('', 'not valid msgpack')
  }
}
