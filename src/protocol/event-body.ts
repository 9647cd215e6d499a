import { headOf, LATEST, type EventHead } from './event-head.ts'
import { isObject } from './envelope.ts'
import type { JsonObject } from './events.ts'
import type { EventEnvelope } from './shapes/events.ts'
import type { Channel } from './ids.ts'

/** Event ids are UUIDs of 36 characters; 64 leaves room for another form. Anything longer is not an event id of ours. */
const ID_LENGTH_MAX = 64

const utf8 = new TextEncoder()
const decoder = new TextDecoder()

/** An event without its offset and channel. Fields that are undefined are left out. */
export type EventFields = {
  readonly [Field in Exclude<keyof EventEnvelope, 'offset' | 'prev' | 'skipped' | 'channel' | 'delivery' | 'payload'>]:
    | EventEnvelope[Field]
    | undefined
} & { readonly eventType: string; readonly payload: JsonObject | object }

/**
 * An event on its way to the log: the fields of its head (see `EventHead`) and its body, the UTF-8 of a JSON object with at least
 * one field. It is a tuple, because nested objects would take half as much again on the link.
 */
export type EncodedEvent = readonly [kind: number, flags: number, key: string | null, body: Uint8Array]

export function encodeEvent(fields: EventFields): EncodedEvent {
  const { kind, flags, key } = headOf(fields)
  return [kind, flags, key, utf8.encode(JSON.stringify(fields))]
}

/** About how many bytes the event takes in the log, and in each frame that brings it. */
export function bytesOf([, , , body]: EncodedEvent): number {
  return body.length
}

/** The record that goes into the log. */
export function eventRecord(channel: Channel, [kind, flags, key, body]: EncodedEvent): EventRecord {
  return { channel, head: { kind, flags, key, id: null }, body }
}

interface EventRecord {
  readonly channel: Channel
  readonly head: EventHead
  readonly body: Uint8Array
}

/** Works out the head of an event that was stored without one. Returns undefined if the body is not an event. */
export function readHead(body: Uint8Array): EventHead | undefined {
  const event = parse(body)
  if (!isObject(event)) return undefined
  const { id, eventType, userId, traceparent, payload, delivery } = event
  if (typeof eventType !== 'string' || !isObject(payload)) return undefined
  const head = headOf({
    eventType,
    userId: typeof userId === 'string' ? userId : undefined,
    traceparent: typeof traceparent === 'string' ? traceparent : undefined,
    payload,
  })
  // Versions that stored no heads wrote the room's delivery class into the body. So LATEST_BY_ROOM, which adds it to the frame,
  // is not set.
  const isLatest = delivery === 'latest' && head.key !== null
  return { ...head, flags: isLatest ? head.flags | LATEST : head.flags, id: isId(id) ? id : null }
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= ID_LENGTH_MAX
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(body))
  } catch {
    return undefined
  }
}
