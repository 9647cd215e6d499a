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
  session_id: text('A resume keeps it.'),
  resume_token: text('The value for `?resume=`.'),
  connection_id: text('A UUIDv7'),
  user_id: ref(USER_ID),
  namespace: ref(NAMESPACE),
  node: text('The NODE_ID of the node.'),
  epoch: text(
    'Changes when the numbering of the log starts anew, for example if a power cut has lost an embedded log.',
  ),
  offset: integer(
    "The cursor to start from. Events of the namespace and of the user's own channel follow from here on.",
  ),
  server_time: TIME,
  ping_interval_ms: integer('How often the server pings a client that sends nothing.'),
  max_payload_bytes: integer('The largest frame that a client may send.'),
}
export const READY = object(READY_FIELDS)
/** The payload of the first frame on a connection. */
export type ReadyPayload = ValueOf<typeof READY>

const NOT_RECOVERED = choice(
  ['HISTORY_GONE', 'EPOCH_CHANGED', 'TOKEN_INVALID', 'ROOMS_UNKNOWN'],
  'Why the session was not recovered.',
)
/** ROOMS_UNKNOWN: the client did not name its rooms, and this server has forgotten them, or is another node. */
export type NotRecovered = ValueOf<typeof NOT_RECOVERED>

export const RESUMED = object({
  ...READY_FIELDS,
  recovered: flag('true: after the replay nothing is missing.'),
  replayed: integer('How many frames of replay follow.'),
  reason: optional(NOT_RECOVERED),
  rooms: listOf(ref(ROOM_ID)),
})
export type ResumedPayload = ValueOf<typeof RESUMED>

const DRAINING = object({ retry_after_ms: integer('How long to wait before connecting again.') })

/** The payloads of events that are sent to one connection only, by event type. Their frames have no place in the log. */
const OWN = {
  [SERVER_EVENT.ready]: READY,
  [SERVER_EVENT.resumed]: RESUMED,
  [SERVER_EVENT.draining]: DRAINING,
} as const
export type OwnEvents = { readonly [Type in keyof typeof OWN]: ValueOf<(typeof OWN)[Type]> }

const USER_CHANNEL: Schema<'user'> = {
  const: 'user',
  description:
    "The event goes to the receiver's own channel. If absent, it goes to the room's channel, or without a room to the namespace's.",
}

const ENVELOPE_FIELDS = {
  id: text('A UUIDv7'),
  eventType: text('An event type that is described below, or one of a later version.'),
  namespace: ref(NAMESPACE),
  room: optional(ref(ROOM_ID)),
  userId: ref(SENDER),
  timestamp: TIME,
  offset: integer("The event's place in the log.", 1),
  prev: integer(
    'The offset of the previous event in the same channel, or the offset from which on the node would have known of one.',
  ),
  skipped: optional(
    integer('How many events between `prev` and this one were left out, because newer ones took their place.', 1),
  ),
  channel: optional(USER_CHANNEL),
  // Set on a broadcast in a room whose class is not `must`, if the payload does not say the class.
  delivery: optional(ref(DELIVERY)),
  payload: anyObject(),
  traceparent: optional(ref(TRACEPARENT)),
}
export const LOGGED_EVENT = named('Event', object(ENVELOPE_FIELDS))
/** The envelope that the members of a channel get. */
export type EventEnvelope = ValueOf<typeof LOGGED_EVENT>

export const EVENT_PAGE = named('EventPage', pageOf(ref(LOGGED_EVENT)))

/** The schema of a logged event that goes to the members of its room or namespace. */
function toMembers(eventType: string, payload: Schema): Schema {
  const { channel: _toUser, ...fields } = ENVELOPE_FIELDS
  return object({ ...fields, eventType: constant(eventType), payload })
}

/** The schema of a logged event that goes to one user alone. */
function toUser(eventType: string, payload: Schema): Schema {
  return object({ ...ENVELOPE_FIELDS, eventType: constant(eventType), channel: USER_CHANNEL, payload })
}

function toldAlone(eventType: keyof OwnEvents): Schema {
  return object({ eventType: constant(eventType), payload: OWN[eventType] })
}

/** The schema of an event that a room with a game sends, and that is not logged. */
function toldInRoom(eventType: string, payload: Schema): Schema {
  return object({ eventType: constant(eventType), room: ref(ROOM_ID), payload })
}

/** The schemas of the events that commands make: `sendMessage` makes the `SendMessageEvent`. */
function ofCommands(): Readonly<Record<SchemaOf<EventMaker, 'Event'>, Schema>> {
  const rows = Object.entries(COMMANDS) as [CommandName, CommandShape][]
  const events = rows.flatMap(([name, { event }]) => {
    if (event === undefined) return []
    const payload = event.payload ?? refTo(commandSchema(name, 'Payload'))
    const toReaders = event.channel === 'user' ? toUser : toMembers
    return [[commandSchema(name, 'Event'), toReaders(EVENT[name], payload)]]
  })
  // Object.fromEntries does not know that the keys are those of EventMaker.
  return Object.fromEntries(events) as ReturnType<typeof ofCommands>
}

/** Everything that the server sends, except replies. */
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

/** The event type that a schema of EVENTS describes. */
export function eventTypeOf(name: EventName): string {
  const { properties } = EVENTS[name] as { readonly properties?: { readonly eventType?: { readonly const?: string } } }
  return properties?.eventType?.const ?? ''
}

export const EVENT_TYPE_FILTER = named('EventTypeFilter', choice(LOGGED_EVENTS, 'An event type of the log.'))
