import { EVENT, SERVER_EVENT, type EventType } from './events.ts'

/** What has to be known of a request before its payload is looked into. */
export interface RequestFacts {
  /** It goes to the room that its envelope names, if it names one. */
  readonly speaks?: true
  /**
   * Whether it waits for the joins and leaves that its connection asked for before. `never`: it is about no room. `if-named`: only if its
   * envelope or its payload names a room. By default it waits.
   */
  readonly waits?: 'never' | 'if-named'
  /** So frequent, and so alike, that a sample of its times says all. */
  readonly isSampled?: true
  /** It changes nothing: without an `id`, so that nobody gets an answer, there is nothing to be done. */
  readonly isRead?: true
  /** The worker answers it: the primary is not asked. */
  readonly isLocal?: true
  /** Money is in it, so a key that is there twice says two things and is refused. */
  readonly isMoney?: true
}

/** One row for each request. A new one is added here, and as a file in commands/; in `client-facts.ts` if a client may send it again. */
export const REQUESTS: Readonly<Record<EventType, RequestFacts>> = {
  [EVENT.broadcast]: { speaks: true, isSampled: true },
  [EVENT.sendMessage]: {},
  [EVENT.buyGood]: { isMoney: true },
  [EVENT.roomJoin]: {},
  [EVENT.roomLeave]: {},
  [EVENT.roomFind]: {},
  [EVENT.roomList]: { waits: 'never', isRead: true },
  [EVENT.roomInput]: { speaks: true, isSampled: true },
  [EVENT.roomSnapshot]: { speaks: true, isRead: true },
  [EVENT.stateGet]: { isRead: true },
  [EVENT.presenceList]: { waits: 'if-named', isRead: true },
  [EVENT.sessionRefresh]: { waits: 'never', isLocal: true },
  [EVENT.sessionPing]: { waits: 'never', isSampled: true, isLocal: true },
}

/** The requests of which this is true. */
export function requestsWhere(isTrue: (facts: RequestFacts) => boolean): ReadonlySet<string> {
  return new Set(Object.entries(REQUESTS).flatMap(([eventType, facts]) => (isTrue(facts) ? [eventType] : [])))
}

/** What has to be known of an event of the log to pass it on. */
export interface EventFacts {
  /** Written into logs, so it is never given to another type. 0 is every type that is not here. */
  readonly kind: number
  /** `room`: the room's or the namespace's. `user`: the own channel of one user. */
  readonly channel: 'room' | 'user'
}

/** The events that stand in the log: the rest are replies, and what is said of one connection to its client. */
export const EVENTS: Readonly<Record<string, EventFacts>> = {
  [EVENT.broadcast]: { kind: 1, channel: 'room' },
  [EVENT.sendMessage]: { kind: 2, channel: 'user' },
  [EVENT.buyGood]: { kind: 3, channel: 'user' },
  [SERVER_EVENT.joined]: { kind: 4, channel: 'room' },
  [SERVER_EVENT.left]: { kind: 5, channel: 'room' },
  [SERVER_EVENT.status]: { kind: 6, channel: 'room' },
  // To one user it goes in that user's channel, which the envelope says.
  [SERVER_EVENT.message]: { kind: 7, channel: 'room' },
  [SERVER_EVENT.reward]: { kind: 8, channel: 'user' },
}

export const LOGGED_EVENTS: readonly string[] = Object.keys(EVENTS)
