import {
  body,
  flag,
  integer,
  listOf,
  named,
  nullable,
  object,
  optional,
  ref,
  sent,
  text,
  type ValueOf,
} from './build.ts'
import { DELIVERY, JSON_VALUE, KEY, NAMESPACE, ROOM_ID, USER_ID } from './values.ts'

/** In characters. */
export const KEY_LENGTH_MAX = 64

/** The payload of a broadcast, by a client or by REST. */
const BROADCAST_FIELDS = {
  message: ref(JSON_VALUE),
  retain: optional(flag("true: the message becomes the channel's state.")),
  // If absent, the room's class counts; in a namespace it is `must`.
  delivery: optional(ref(DELIVERY)),
  // If absent, all broadcasts of this sender in the channel share one key.
  key: optional(
    text('For the delivery latest: a newer event with the same key may replace this one.', {
      minLength: 1,
      maxLength: KEY_LENGTH_MAX,
    }),
  ),
}
/** A key makes no sense if every event is delivered. */
const BROADCAST_RULE = {
  not: { required: ['key', 'delivery'], properties: { delivery: { const: 'must' } } },
}
export const BROADCAST = named('BroadcastPayload', sent(BROADCAST_FIELDS, BROADCAST_RULE))
export type BroadcastPayload = ValueOf<typeof BROADCAST>

export const BROADCAST_BODY = named(
  'BroadcastBody',
  body(
    {
      namespace: ref(NAMESPACE),
      room: optional(nullable(ref(ROOM_ID))),
      ...BROADCAST_FIELDS,
      idempotency_key: optional(KEY),
    },
    BROADCAST_RULE,
  ),
)

const CONTENT_FIELDS = { text: text('Text for people to read.'), data: ref(JSON_VALUE) }
const MESSAGE_FIELDS = { target_user_id: ref(USER_ID), ...CONTENT_FIELDS }
const MESSAGE_RULE = { oneOf: ['text', 'data'] } as const
/** A message to one user. */
export const MESSAGE = named('SendMessagePayload', sent(MESSAGE_FIELDS, MESSAGE_RULE))

export const MESSAGE_BODY = named(
  'MessageBody',
  body({ ...MESSAGE_FIELDS, idempotency_key: optional(KEY) }, MESSAGE_RULE),
)

export const CONTENT = object(CONTENT_FIELDS, MESSAGE_RULE)
/** The content of a message to one user. */
export type MessagePayload = ValueOf<typeof CONTENT>

/** The payload of the events that say who has joined and left a room. */
export const PRESENCE_CHANGE = object({
  room_id: ref(ROOM_ID),
  users: listOf(ref(USER_ID)),
  members: integer('How many users are in the room now.'),
})
/** The users that have joined a room, or left it, since the last event of this type. */
export type PresenceChange = ValueOf<typeof PRESENCE_CHANGE>
