import { EVENTS } from './event-facts.ts'
import { EVENT } from './events.ts'

const TYPES = new Map(Object.entries(EVENTS).map(([eventType, { kind }]) => [kind, eventType]))

/** A member that reads too slowly may be given a newer event with the same key instead of this one. */
export const LATEST = 1
/** `LATEST`, because its room is so and its payload does not say: then the envelope says it. */
export const LATEST_BY_ROOM = 2
/** It belongs to a traced request: its text has a `traceparent`. */
export const TRACED = 4
/** It is not kept as its channel's state. An event of an older version does not say so: its text does. */
export const NOT_RETAINED = 8

/** What the server has to know of an event to pass it on. It travels beside the text, so that nobody has to look into that. */
export interface EventHead {
  /** The number of its type: see `typeOfKind`. */
  readonly kind: number
  /** A sum of LATEST, LATEST_BY_ROOM, TRACED and NOT_RETAINED. */
  readonly flags: number
  /** Of events that are `latest`, or become so in a room that is: what a newer one takes the place of. */
  readonly key: string | null
  /** The event's id, if it was asked for with an idempotency key: the log is searched for it. */
  readonly id: string | null
}

/** Of a record of which nothing is known. */
export const NO_HEAD: EventHead = { kind: 0, flags: 0, key: null, id: null }

interface HeadFields {
  readonly eventType: string
  readonly userId: string | undefined
  readonly traceparent: string | undefined
  readonly payload: object
}

/** The number of an event type; 0 if it has none. */
export function kindOf(eventType: string): number {
  return EVENTS[eventType]?.kind ?? 0
}

export function headOf({ eventType, userId, traceparent, payload }: HeadFields): EventHead {
  const kind = kindOf(eventType)
  const traced = traceparent === undefined ? 0 : TRACED
  if (eventType !== EVENT.broadcast) return { kind, flags: traced | NOT_RETAINED, key: null, id: null }
  const { retain, delivery, key } = payload as { readonly [Field in 'retain' | 'delivery' | 'key']?: unknown }
  const flags = retain === true ? traced : traced | NOT_RETAINED
  if (delivery === 'must') return { kind, flags, key: null, id: null }
  // Without a key of its own it is all that its sender says.
  const stands = typeof key === 'string' ? `k${key}` : `u${userId ?? ''}`
  return { kind, flags: delivery === 'latest' ? flags | LATEST : flags, key: stands, id: null }
}

/** The head of an event in a room whose class is `latest`: what the payload says goes before. */
export function inLatestRoom(head: EventHead): EventHead {
  if (head.key === null || isLatest(head)) return head
  return { ...head, flags: head.flags | LATEST | LATEST_BY_ROOM }
}

export function isLatest({ flags }: Pick<EventHead, 'flags'>): boolean {
  return (flags & LATEST) !== 0
}

/** An event of a version that wrote no heads may be said to be, where it is not. */
export function isRetained({ flags }: Pick<EventHead, 'flags'>): boolean {
  return (flags & NOT_RETAINED) === 0
}

/** Returns undefined for a type that has no number here, or only in a newer version: the event's text says it. */
export function typeOfKind(kind: number): string | undefined {
  return TYPES.get(kind)
}
