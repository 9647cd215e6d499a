import { parseDelivery } from './delivery.ts'
import { badRequest } from './errors.ts'
import type { JsonValue } from './events.ts'
import { KEY_LENGTH_MAX, type BroadcastPayload, type MessagePayload } from './shapes/payloads.ts'
import { isLonger } from './value.ts'

type Given<Field extends string> = { readonly [Name in Field]?: unknown }

/** Throws BAD_REQUEST. `at` is written before the field's name in the error's path. */
export function parseBroadcast(given: Given<keyof BroadcastPayload>, at = ''): BroadcastPayload {
  const { message, retain, delivery, key } = given
  if (message === undefined) throw badRequest(`${at}message`, 'is required')
  if (retain !== undefined && typeof retain !== 'boolean') throw badRequest(`${at}retain`, 'must be true or false')
  if (key !== undefined && delivery === 'must')
    throw badRequest(`${at}key`, 'is allowed only with the delivery "latest"')
  if (key !== undefined && (typeof key !== 'string' || key === '' || isLonger(key, KEY_LENGTH_MAX))) {
    throw badRequest(`${at}key`, `must be a string of 1 to ${KEY_LENGTH_MAX} characters`)
  }
  return {
    message: message as JsonValue,
    ...(retain === undefined ? {} : { retain }),
    ...(delivery === undefined ? {} : { delivery: parseDelivery(delivery, `${at}delivery`) }),
    ...(key === undefined ? {} : { key }),
  }
}

/** Throws BAD_REQUEST. `at` is the path of the object that holds the two fields. */
export function parseMessage({ text, data }: Given<'text' | 'data'>, at = ''): MessagePayload {
  if (text !== undefined && data === undefined) {
    if (typeof text === 'string') return { text }
    throw badRequest(at === '' ? 'text' : `${at}.text`, 'must be a string')
  }
  if (data !== undefined && text === undefined) return { data: data as JsonValue }
  throw badRequest(at, 'must have either text or data')
}
