import { EVENT, SERVER_EVENT } from '../protocol/events.ts'
import { flag, integer, listOf, object, ref, text, TIME, type Properties, type Schema } from './build.ts'

/** What a connection is told of itself: frames without a place in the log. */
const READY: Properties = {
  session_id: text('The same after a resume.'),
  resume_token: text('For `?resume=`.'),
  connection_id: text('A UUIDv7'),
  user_id: ref('UserId'),
  namespace: ref('Namespace'),
  node: text('NODE_ID'),
  epoch: text('Changes when the numbering of the log starts anew.'),
  offset: integer("The cursor to start from: the namespace's and the user's channel are known up to here."),
  server_time: TIME,
  ping_interval_ms: integer('So often the server pings a client that says nothing.'),
  max_payload_bytes: integer('Of a frame that is sent to the server.'),
}

const RESUMED: Properties = {
  ...READY,
  recovered: flag('Nothing is missing after the replay.'),
  replayed: integer('So many frames of replay follow.'),
  reason: {
    enum: ['HISTORY_GONE', 'EPOCH_CHANGED', 'TOKEN_INVALID', 'ROOMS_UNKNOWN'],
    description: 'Where it is not recovered.',
  },
  rooms: listOf(ref('RoomId')),
}

const PRESENCE = object({
  room_id: ref('RoomId'),
  users: listOf(ref('UserId')),
  members: integer('Users in the room now.'),
})

const ENVELOPE: Properties = {
  id: text('A UUIDv7'),
  eventType: text('One of those below, or a later one.'),
  namespace: ref('Namespace'),
  room: ref('RoomId'),
  userId: ref('Sender'),
  timestamp: TIME,
  offset: integer('The place in the log.', 1),
  prev: integer('The offset of the event before it in the same channel, or where the node would have known of one.'),
  skipped: integer('So many between `prev` and this one had newer ones take their place.', 1),
  channel: {
    const: 'user',
    description:
      "It goes to the receiver's own channel. Absent: to the room's if there is a room, else to the namespace's.",
  },
  delivery: ref('Delivery'),
  payload: { type: 'object' },
  traceparent: ref('Traceparent'),
}
const OPTIONAL = ['room', 'skipped', 'delivery', 'traceparent'] as const

/** An event of the log as the members of its room or namespace get it. */
function toMembers(eventType: string, payload: Schema): Schema {
  const { channel: _toUser, ...envelope } = ENVELOPE
  return object({ ...envelope, eventType: { const: eventType }, payload }, { optional: OPTIONAL })
}

/** An event of the log as a user gets it, who alone is meant. */
function toUser(eventType: string, payload: Schema): Schema {
  return object({ ...ENVELOPE, eventType: { const: eventType }, payload }, { optional: OPTIONAL })
}

function toldAlone(eventType: string, payload: Schema): Schema {
  return object({ eventType: { const: eventType }, payload })
}

/** What the server sends that is no reply. */
export const EVENTS = {
  BroadcastEvent: toMembers(EVENT.broadcast, ref('BroadcastPayload')),
  SendMessageEvent: toUser(EVENT.sendMessage, ref('SendMessagePayload')),
  BuyGoodEvent: toUser(EVENT.buyGood, ref('Receipt')),
  JoinedEvent: toMembers(SERVER_EVENT.joined, PRESENCE),
  LeftEvent: toMembers(SERVER_EVENT.left, PRESENCE),
  ReadyEvent: toldAlone(SERVER_EVENT.ready, object(READY)),
  ResumedEvent: toldAlone(SERVER_EVENT.resumed, object(RESUMED, { optional: ['reason'] })),
  DrainingEvent: toldAlone(SERVER_EVENT.draining, object({ retry_after_ms: integer('When to connect again.') })),
} as const

export type EventName = keyof typeof EVENTS

/** Any event of the log. */
export const EVENT_ENVELOPE = object(ENVELOPE, { optional: [...OPTIONAL, 'channel'] })

/** The event type that a schema of EVENTS is of. */
export function eventTypeOf(name: EventName): string {
  const { properties } = EVENTS[name] as { readonly properties?: { readonly eventType?: { readonly const?: string } } }
  return properties?.eventType?.const ?? ''
}
