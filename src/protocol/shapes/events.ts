import { EVENT, SERVER_EVENT } from '../events.ts'
import { LOGGED_EVENTS } from '../event-facts.ts'
import {
  anyObject,
  choice,
  constant,
  flag,
  integer,
  listOf,
  named,
  object,
  optional,
  pageOf,
  ref,
  refTo,
  text,
  TIME,
  type Schema,
  type ValueOf,
} from './build.ts'
import {
  COMMANDS,
  commandSchema,
  type CommandName,
  type CommandShape,
  type EventMaker,
  type SchemaOf,
} from './commands.ts'
import { PATCH, REWARD, ROOM_GAME, SAID, STATUS } from './games.ts'
import { PRESENCE_CHANGE } from './payloads.ts'
import { DELIVERY, NAMESPACE, ROOM_ID, SENDER, TRACEPARENT, USER_ID } from './values.ts'

const READY_FIELDS = {
  session_id: text('The same after a resume.'),
  resume_token: text('For `?resume=`.'),
  connection_id: text('A UUIDv7'),
  user_id: ref(USER_ID),
  namespace: ref(NAMESPACE),
  node: text('NODE_ID'),
  epoch: text('Changes when the numbering of the log starts anew.'),
  offset: integer("The cursor to start from: the namespace's and the user's channel are known up to here."),
  server_time: TIME,
  ping_interval_ms: integer('So often the server pings a client that says nothing.'),
  max_payload_bytes: integer('Of a frame that is sent to the server.'),
}
export const READY = object(READY_FIELDS)
/** The payload of the first frame on a connection. */
export type ReadyPayload = ValueOf<typeof READY>

const NOT_RECOVERED = choice(
  ['HISTORY_GONE', 'EPOCH_CHANGED', 'TOKEN_INVALID', 'ROOMS_UNKNOWN'],
  'Where it is not recovered.',
)
/** ROOMS_UNKNOWN: the client did not name its rooms, and the server does not know them any more, or is another node. */
export type NotRecovered = ValueOf<typeof NOT_RECOVERED>

export const RESUMED = object({
  ...READY_FIELDS,
  recovered: flag('Nothing is missing after the replay.'),
  replayed: integer('So many frames of replay follow.'),
  reason: optional(NOT_RECOVERED),
  rooms: listOf(ref(ROOM_ID)),
})
export type ResumedPayload = ValueOf<typeof RESUMED>

const DRAINING = object({ retry_after_ms: integer('When to connect again.') })

/** What is told to one connection alone, by event type: frames without a place in the log. */
const OWN = {
  [SERVER_EVENT.ready]: READY,
  [SERVER_EVENT.resumed]: RESUMED,
  [SERVER_EVENT.draining]: DRAINING,
} as const
export type OwnEvents = { readonly [Type in keyof typeof OWN]: ValueOf<(typeof OWN)[Type]> }

const USER_CHANNEL: Schema<'user'> = {
  const: 'user',
  description:
    "It goes to the receiver's own channel. Absent: to the room's if there is a room, else to the namespace's.",
}

const ENVELOPE_FIELDS = {
  id: text('A UUIDv7'),
  eventType: text('One of those below, or a later one.'),
  namespace: ref(NAMESPACE),
  room: optional(ref(ROOM_ID)),
  userId: ref(SENDER),
  timestamp: TIME,
  offset: integer('The place in the log.', 1),
  prev: integer('The offset of the event before it in the same channel, or where the node would have known of one.'),
  skipped: optional(integer('So many between `prev` and this one had newer ones take their place.', 1)),
  channel: optional(USER_CHANNEL),
  // Of a broadcast in a room whose class is not `must`, if its payload does not say.
  delivery: optional(ref(DELIVERY)),
  payload: anyObject(),
  traceparent: optional(ref(TRACEPARENT)),
}
/** Any event of the log. */
export const LOGGED_EVENT = named('Event', object(ENVELOPE_FIELDS))
/** What the members of a channel get. */
export type EventEnvelope = ValueOf<typeof LOGGED_EVENT>

export const EVENT_PAGE = named('EventPage', pageOf(ref(LOGGED_EVENT)))

/** An event of the log as the members of its room or namespace get it. */
function toMembers(eventType: string, payload: Schema): Schema {
  const { channel: _toUser, ...fields } = ENVELOPE_FIELDS
  return object({ ...fields, eventType: constant(eventType), payload })
}

/** An event of the log as a user gets it, who alone is meant. */
function toUser(eventType: string, payload: Schema): Schema {
  return object({ ...ENVELOPE_FIELDS, eventType: constant(eventType), channel: USER_CHANNEL, payload })
}

function toldAlone(eventType: keyof OwnEvents): Schema {
  return object({ eventType: constant(eventType), payload: OWN[eventType] })
}

/** Of a room with a game, and in no log. */
function toldInRoom(eventType: string, payload: Schema): Schema {
  return object({ eventType: constant(eventType), room: ref(ROOM_ID), payload })
}

/** `sendMessage` makes the `SendMessageEvent`. */
function ofCommands(): Readonly<Record<SchemaOf<EventMaker, 'Event'>, Schema>> {
  const rows = Object.entries(COMMANDS) as [CommandName, CommandShape][]
  const events = rows.flatMap(([name, { event }]) => {
    if (event === undefined) return []
    const payload = event.payload ?? refTo(commandSchema(name, 'Payload'))
    const toReaders = event.channel === 'user' ? toUser : toMembers
    return [[commandSchema(name, 'Event'), toReaders(EVENT[name], payload)]]
  })
  // The keys are those of EventMaker, which Object.fromEntries does not know.
  return Object.fromEntries(events) as ReturnType<typeof ofCommands>
}

/** What the server sends that is no reply. */
export const EVENTS = {
  ...ofCommands(),
  JoinedEvent: toMembers(SERVER_EVENT.joined, PRESENCE_CHANGE),
  LeftEvent: toMembers(SERVER_EVENT.left, PRESENCE_CHANGE),
  ReadyEvent: toldAlone(SERVER_EVENT.ready),
  ResumedEvent: toldAlone(SERVER_EVENT.resumed),
  DrainingEvent: toldAlone(SERVER_EVENT.draining),
  RoomPatchEvent: PATCH,
  RoomSnapshotEvent: toldInRoom(EVENT.roomSnapshot, ref(ROOM_GAME)),
  RoomStatusEvent: toldInRoom(SERVER_EVENT.status, STATUS),
  RoomOverEvent: toMembers(SERVER_EVENT.status, STATUS),
  RoomMessageEvent: object({ ...ENVELOPE_FIELDS, eventType: constant(SERVER_EVENT.message), payload: SAID }),
  RoomRewardEvent: toUser(SERVER_EVENT.reward, REWARD),
} as const

export type EventName = keyof typeof EVENTS

/** The event type that a schema of EVENTS is of. */
export function eventTypeOf(name: EventName): string {
  const { properties } = EVENTS[name] as { readonly properties?: { readonly eventType?: { readonly const?: string } } }
  return properties?.eventType?.const ?? ''
}

export const EVENT_TYPE_FILTER = named(
  'EventTypeFilter',
  choice(LOGGED_EVENTS, 'An event type that stands in the log.'),
)
