import { EVENT, SERVER_EVENT, type EventType } from './events.ts'
import { COMMANDS, type CommandName, type CommandShape, type EventFacts, type RequestFacts } from './shapes/commands.ts'

const ROWS = (Object.entries(COMMANDS) as [CommandName, CommandShape][]).map(
  ([name, shape]) => [EVENT[name], shape] as const,
)

/** What the rows of the commands say of each request, by its event type. */
export const REQUESTS: Readonly<Record<EventType, RequestFacts>> = Object.fromEntries(ROWS) as Record<
  EventType,
  CommandShape
>

/** The requests of which this is true. */
export function requestsWhere(isTrue: (facts: RequestFacts) => boolean): ReadonlySet<string> {
  return new Set(Object.entries(REQUESTS).flatMap(([eventType, facts]) => (isTrue(facts) ? [eventType] : [])))
}

/** The events that stand in the log, of commands and of the server itself. What else is sent are replies, and what one connection alone is told. */
export const EVENTS: Readonly<Record<string, EventFacts>> = {
  ...Object.fromEntries(ROWS.flatMap(([eventType, { event }]) => (event === undefined ? [] : [[eventType, event]]))),
  [SERVER_EVENT.joined]: { kind: 4, channel: 'room' },
  [SERVER_EVENT.left]: { kind: 5, channel: 'room' },
  [SERVER_EVENT.status]: { kind: 6, channel: 'room' },
  // To one user it goes in that user's channel, which the envelope says.
  [SERVER_EVENT.message]: { kind: 7, channel: 'room' },
  [SERVER_EVENT.reward]: { kind: 8, channel: 'user' },
}

export const LOGGED_EVENTS: readonly string[] = Object.keys(EVENTS)
