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

/** Of a broadcast, by a client or by REST. */
const BROADCAST_FIELDS = {
  message: ref(JSON_VALUE),
  retain: optional(flag("true: the message is the channel's state from now on.")),
  // Absent: the room's; in a namespace `must`.
  delivery: optional(ref(DELIVERY)),
  // Absent: all that this sender says in the channel.
  key: optional(
    text('Of the delivery latest: what a newer one stands for.', { minLength: 1, maxLength: KEY_LENGTH_MAX }),
  ),
}
/** A key has no meaning where everything is delivered. */
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

const CONTENT_FIELDS = { text: text('For people.'), data: ref(JSON_VALUE) }
const MESSAGE_FIELDS = { target_user_id: ref(USER_ID), ...CONTENT_FIELDS }
const MESSAGE_RULE = { oneOf: ['text', 'data'] } as const
/** A message to one user. */
export const MESSAGE = named('SendMessagePayload', sent(MESSAGE_FIELDS, MESSAGE_RULE))

export const MESSAGE_BODY = named(
  'MessageBody',
  body({ ...MESSAGE_FIELDS, idempotency_key: optional(KEY) }, MESSAGE_RULE),
)

export const CONTENT = object(CONTENT_FIELDS, MESSAGE_RULE)
/** What a message to one user carries. */
export type MessagePayload = ValueOf<typeof CONTENT>

/** Of the events that tell who came to a room and left it. */
export const PRESENCE_CHANGE = object({
  room_id: ref(ROOM_ID),
  users: listOf(ref(USER_ID)),
  members: integer('Users in the room now.'),
})
/** The users that came to a room, or left it, since the last event of the kind. */
export type PresenceChange = ValueOf<typeof PRESENCE_CHANGE>
