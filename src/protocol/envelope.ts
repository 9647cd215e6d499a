import { badRequest, Refusal } from './errors.ts'
import { EVENT, type EventType, type JsonObject } from './events.ts'
import { parseRoomId, type RoomId } from './ids.ts'
import { isLonger } from './value.ts'

/** A request of a client. All is checked except the payload, which the command checks. */
export interface Request {
  readonly id: string | undefined
  readonly eventType: EventType
  readonly room: RoomId | undefined
  readonly payload: JsonObject
  readonly traceparent: string | undefined
}

const EVENT_TYPES: ReadonlySet<string> = new Set(Object.values(EVENT))
/** In characters. */
export const REQUEST_ID_LENGTH_MAX = 64
export const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/

/** Reads the `id` of a frame that may be malformed, so that a bad request gets a reply, too. */
export function readRequestId(value: unknown): string | undefined {
  if (!isObject(value)) return undefined
  const id = value['id']
  return typeof id === 'string' && id !== '' && !isLonger(id, REQUEST_ID_LENGTH_MAX) ? id : undefined
}

/** Whether the frame counts as a request, valid or not: it is an object with an `eventType`. Returns false for anything less. */
export function isRequest(value: unknown): boolean {
  return isObject(value) && typeof value['eventType'] === 'string'
}

/** Throws BAD_REQUEST or UNKNOWN_EVENT. Unknown fields are ignored. */
export function parseRequest(value: unknown): Request {
  if (!isObject(value)) throw badRequest('', 'the envelope must be an object')
  const { id, eventType, room, payload, traceparent } = value
  if (id !== undefined && readRequestId(value) === undefined) {
    throw badRequest('id', `must be a string of 1 to ${REQUEST_ID_LENGTH_MAX} characters`)
  }
  if (typeof eventType !== 'string') throw badRequest('eventType', 'must be a string')
  if (!isEventType(eventType)) throw new Refusal('UNKNOWN_EVENT', `no such event: ${eventType.slice(0, 80)}`)
  if (!isObject(payload)) throw badRequest('payload', 'must be an object')
  return {
    id: id as string | undefined,
    eventType,
    room: room === undefined ? undefined : parseRoomId(room, 'room'),
    payload: payload as JsonObject,
    traceparent: parseTraceparent(traceparent),
  }
}

export function isEventType(value: string): value is EventType {
  return EVENT_TYPES.has(value)
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Returns undefined for a value that cannot be read: the W3C says to ignore it. */
export function parseTraceparent(value: unknown): string | undefined {
  return typeof value === 'string' && TRACEPARENT.test(value) ? value : undefined
}
