import { badRequest } from './errors.ts'
import type { JsonValue } from './events.ts'
import { isLonger } from './value.ts'

/**
 * `must`: every member gets it, or is closed and resumes. `latest`: for a member who reads too slowly a newer one with the same
 * key takes its place.
 */
export const DELIVERY_CLASSES = ['must', 'latest'] as const
export type DeliveryClass = (typeof DELIVERY_CLASSES)[number]

export type BroadcastPayload = {
  readonly message: JsonValue
  readonly retain?: boolean
  /** Absent: the room's; in a namespace `must`. */
  readonly delivery?: DeliveryClass
  /** Of `latest`: what a newer one stands for. Absent: all that this sender says in the channel. */
  readonly key?: string
}

export type MessagePayload = { readonly text: string } | { readonly data: JsonValue }

type Given<Field extends string> = { readonly [Name in Field]?: unknown }

/** In characters. */
export const KEY_LENGTH_MAX = 64

/** Throws BAD_REQUEST; `at` stands before the field's name in its path. */
export function parseBroadcast(given: Given<keyof BroadcastPayload>, at = ''): BroadcastPayload {
  const { message, retain, delivery, key } = given
  if (message === undefined) throw badRequest(`${at}message`, 'is required')
  if (retain !== undefined && typeof retain !== 'boolean') throw badRequest(`${at}retain`, 'must be true or false')
  if (key !== undefined && delivery === 'must') throw badRequest(`${at}key`, 'is for the delivery "latest" only')
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

/** Throws BAD_REQUEST. */
export function parseDelivery(value: unknown, path: string): DeliveryClass {
  const found = DELIVERY_CLASSES.find((name) => name === value)
  if (found !== undefined) return found
  throw badRequest(path, 'must be "must" or "latest"')
}

/** Throws BAD_REQUEST; `at` is the path of what holds the two. */
export function parseMessage({ text, data }: Given<'text' | 'data'>, at = ''): MessagePayload {
  if (text !== undefined && data === undefined) {
    if (typeof text === 'string') return { text }
    throw badRequest(at === '' ? 'text' : `${at}.text`, 'must be a string')
  }
  if (data !== undefined && text === undefined) return { data: data as JsonValue }
  throw badRequest(at, 'needs text or data, and only one of the two')
}
