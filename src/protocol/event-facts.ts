import { EVENT, SERVER_EVENT, type EventType } from './events.ts'
import { COMMANDS, type CommandName, type CommandShape, type EventFacts, type RequestFacts } from './shapes/commands.ts'

const ROWS = (Object.entries(COMMANDS) as [CommandName, CommandShape][]).map(
  ([name, shape]) => [EVENT[name], shape] as const,
)

/** For each event type, the facts that its row in `COMMANDS` gives. */
export const REQUESTS: Readonly<Record<EventType, RequestFacts>> = Object.fromEntries(ROWS) as Record<
  EventType,
  CommandShape
>

/** The event types whose facts satisfy `isTrue`. */
export function requestsWhere(isTrue: (facts: RequestFacts) => boolean): ReadonlySet<string> {
  return new Set(Object.entries(REQUESTS).flatMap(([eventType, facts]) => (isTrue(facts) ? [eventType] : [])))
}

/** The events that the log holds. All other frames are replies, or are sent to one connection or one room only. */
export const EVENTS: Readonly<Record<string, EventFacts>> = {
  ...Object.fromEntries(ROWS.flatMap(([eventType, { event }]) => (event === undefined ? [] : [[eventType, event]]))),
  [SERVER_EVENT.joined]: { kind: 4, channel: 'room' },
  [SERVER_EVENT.left]: { kind: 5, channel: 'room' },
  [SERVER_EVENT.status]: { kind: 6, channel: 'room' },
  // If it is sent to one user, it goes into that user's channel instead, and its envelope says so.
  [SERVER_EVENT.message]: { kind: 7, channel: 'room' },
  [SERVER_EVENT.reward]: { kind: 8, channel: 'user' },
}

export const LOGGED_EVENTS: readonly string[] = Object.keys(EVENTS)
