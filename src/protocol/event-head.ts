import { EVENTS } from './event-facts.ts'
import { EVENT } from './events.ts'

const TYPES = new Map(Object.entries(EVENTS).map(([eventType, { kind }]) => [kind, eventType]))

/** A member that reads too slowly may get a newer event with the same key instead of this one. */
export const LATEST = 1
/** The event is `latest` because its room is, and its payload does not say it. The server writes it into the envelope. */
export const LATEST_BY_ROOM = 2
/** The event belongs to a traced request: its text has a `traceparent`. */
export const TRACED = 4
/** The event is not kept as its channel's state. Events of older versions lack this flag: there the text decides. */
export const NOT_RETAINED = 8

/**
 * What the server must know of an event to pass it on. It travels beside the event's text, so that the text need not be parsed.
 */
export interface EventHead {
  /** The number of the event's type: see `typeOfKind`. */
  readonly kind: number
  /** A sum of LATEST, LATEST_BY_ROOM, TRACED and NOT_RETAINED. */
  readonly flags: number
  /**
   * For events that are `latest`, or become so in such a room: a newer event with the same key may take this one's place. Null
   * for all others.
   */
  readonly key: string | null
  /** The event's id, if its request had an idempotency key: the log can be searched for it. Else null. */
  readonly id: string | null
}

/** The head of a record of which nothing is known. */
export const NO_HEAD: EventHead = { kind: 0, flags: 0, key: null, id: null }

interface HeadFields {
  readonly eventType: string
  readonly userId: string | undefined
  readonly traceparent: string | undefined
  readonly payload: object
}

/** The number of an event type. Returns 0 if it has none. */
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
  // Without a key, all broadcasts of one sender share one.
  const stands = typeof key === 'string' ? `k${key}` : `u${userId ?? ''}`
  return { kind, flags: delivery === 'latest' ? flags | LATEST : flags, key: stands, id: null }
}

/** The head that an event gets in a room whose class is `latest`. A delivery class in the payload takes precedence. */
export function inLatestRoom(head: EventHead): EventHead {
  if (head.key === null || isLatest(head)) return head
  return { ...head, flags: head.flags | LATEST | LATEST_BY_ROOM }
}

export function isLatest({ flags }: Pick<EventHead, 'flags'>): boolean {
  return (flags & LATEST) !== 0
}

/** Returns true for events of versions that stored no heads, even for those that are not retained. */
export function isRetained({ flags }: Pick<EventHead, 'flags'>): boolean {
  return (flags & NOT_RETAINED) === 0
}

/** Returns undefined for a number that this version does not know. Then the type stands in the event's text. */
export function typeOfKind(kind: number): string | undefined {
  return TYPES.get(kind)
}
