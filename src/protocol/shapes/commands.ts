import { SERVER_EVENT, type EVENT, type EventType, type JsonObject } from '../events.ts'
import { PRESENCE_LIMIT } from '../page.ts'
import {
  anyObject,
  constant,
  integer,
  named,
  nullable,
  object,
  optional,
  ref,
  sent,
  text,
  TIME,
  type Schema,
  type ValueOf,
} from './build.ts'
import { AS, FIND, INPUT, INPUT_DONE, LIST, PASSWORD, ROOM_GAME, ROOM_LIST } from './games.ts'
import { BROADCAST, MESSAGE } from './payloads.ts'
import { JOINED_ROOM, PRESENCE_PAGE, STATE } from './rooms.ts'
import { RECEIPT } from './shop.ts'
import { EMPTY, ERROR, JSON_VALUE, KEY, NAME, REQUEST_ID, ROOM_ID, TRACEPARENT, USER_ID } from './values.ts'

export type CommandName = keyof typeof EVENT

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

/** What has to be known of an event of the log to pass it on. */
export interface EventFacts {
  /** Written into logs, so it is never given to another type. 0 is every type that is not here. */
  readonly kind: number
  /** `room`: the room's or the namespace's. `user`: the own channel of one user. */
  readonly channel: 'room' | 'user'
}

export interface CommandShape extends RequestFacts {
  /** Of the request. */
  readonly payload: Schema
  /** Of its reply. */
  readonly data: Schema
  /** The request has to name a room. */
  readonly needsRoom?: true
  /** The event of the log that it makes. Its payload is the request's by default. */
  readonly event?: EventFacts & { readonly payload?: Schema }
}

const OFFSET = integer(
  "The event's place in the log. 0, only where a key is used again: it is there, and nobody knows where.",
)
const ROOM_OR_NONE = optional(nullable(ref(ROOM_ID)))

/** What is asked and answered, by the names of EVENT. */
export const COMMANDS = {
  broadcast: {
    payload: BROADCAST.schema,
    data: object({ offset: OFFSET }),
    speaks: true,
    isSampled: true,
    event: { kind: 1, channel: 'room' },
  },
  sendMessage: {
    payload: MESSAGE.schema,
    data: object({ offset: OFFSET, delivered: integer('Connections of that user, on any node.') }),
    event: { kind: 2, channel: 'user' },
  },
  buyGood: {
    payload: sent({
      good_id: ref(NAME),
      // The documents say how much that is.
      count: integer('At most BUY_MAX_COUNT.', 1),
      expected_price: optional(integer('Of one: PRICE_CHANGED where it is another.')),
      idempotency_key: optional(KEY),
    }),
    data: ref(RECEIPT),
    isMoney: true,
    event: { kind: 3, channel: 'user', payload: ref(RECEIPT) },
  },
  roomJoin: {
    payload: sent({
      room_id: ref(ROOM_ID),
      options: optional(anyFields()),
      as: optional(AS),
      password: optional(PASSWORD),
    }),
    data: JOINED_ROOM,
  },
  roomLeave: { payload: sent({ room_id: ref(ROOM_ID) }), data: ref(EMPTY) },
  roomFind: { payload: FIND, data: JOINED_ROOM },
  roomList: { payload: LIST, data: ROOM_LIST, waits: 'never', isRead: true },
  roomInput: { payload: INPUT, data: INPUT_DONE, needsRoom: true, speaks: true, isSampled: true },
  roomSnapshot: { payload: anyFields(), data: ref(ROOM_GAME), needsRoom: true, speaks: true, isRead: true },
  stateGet: { payload: sent({ room_id: ROOM_OR_NONE }), data: STATE, isRead: true },
  presenceList: {
    payload: sent({
      room_id: ROOM_OR_NONE,
      limit: optional(integer(`${PRESENCE_LIMIT.fallback} where it is absent.`, 1, PRESENCE_LIMIT.max)),
      cursor: optional(nullable(ref(USER_ID))),
    }),
    data: PRESENCE_PAGE,
    waits: 'if-named',
    isRead: true,
  },
  sessionRefresh: {
    payload: sent({ token: text('A JWT of the same `sub`.') }),
    data: object({ expires_at: TIME }),
    waits: 'never',
    isLocal: true,
  },
  sessionPing: {
    payload: anyFields(),
    data: object({ server_time: TIME }),
    waits: 'never',
    isSampled: true,
    isLocal: true,
  },
} as const satisfies Readonly<Record<CommandName, CommandShape>>

function anyFields(): Schema<JsonObject> {
  return sent({})
}

/** A request's payload. */
export type PayloadOf<Name extends CommandName> = ValueOf<(typeof COMMANDS)[Name]['payload']>
/** The commands that make an event of the log. `broadcast` makes the `BroadcastEvent` of the documents. */
export type EventMaker = {
  [Name in CommandName]: (typeof COMMANDS)[Name] extends { readonly event: unknown } ? Name : never
}[CommandName]
/** The payload of the event that a command makes. */
export type EventPayloadOf<Name extends EventMaker> = (typeof COMMANDS)[Name]['event'] extends {
  readonly payload: infer Payload
}
  ? ValueOf<Payload>
  : PayloadOf<Name>
/** A reply's data. */
export type DataOf<Name extends CommandName> = ValueOf<(typeof COMMANDS)[Name]['data']>

/** What cannot be read of it is ignored, so any value will do; what is meant is text. */
const REQUEST_TRACEPARENT: Schema<string> = {
  allOf: [ref(JSON_VALUE)],
  description: 'W3C trace context; what cannot be read is ignored.',
}

const REQUEST_FIELDS = {
  id: optional(ref(REQUEST_ID)),
  eventType: text('One of `EVENT`.'),
  room: optional(ref(ROOM_ID)),
  payload: anyObject(),
  traceparent: optional(REQUEST_TRACEPARENT),
}
const REQUEST = object(REQUEST_FIELDS)
/** What a client sends. */
export type RequestEnvelope = ValueOf<typeof REQUEST>

const REPLY_FIELDS = {
  eventType: constant(SERVER_EVENT.reply),
  replyTo: ref(REQUEST_ID),
  success: constant(true),
  data: anyObject(),
  traceparent: optional(ref(TRACEPARENT)),
}
const REPLY = object(REPLY_FIELDS)

export const ERROR_REPLY = named(
  'ErrorReply',
  object(
    {
      eventType: constant(SERVER_EVENT.reply),
      replyTo: optional(ref(REQUEST_ID)),
      success: constant(false),
      error: ref(ERROR),
      traceparent: optional(ref(TRACEPARENT)),
    },
    { description: 'Without `replyTo` where the request had no `id`.' },
  ),
)
export type ReplyEnvelope = ValueOf<typeof REPLY> | ValueOf<typeof ERROR_REPLY>

/** A request of one kind. */
export function requestOf(eventType: EventType, payload: Schema, needsRoom = false): Schema {
  const room = needsRoom ? ref(ROOM_ID) : REQUEST_FIELDS.room
  return sent({ ...REQUEST_FIELDS, eventType: constant(eventType), room, payload })
}

/** The reply to it. */
export function replyOf(data: Schema): Schema {
  return object({ ...REPLY_FIELDS, data })
}

type Part = 'Payload' | 'Data' | 'Request' | 'Reply' | 'Event'
/** The name of a command's schema. */
export type SchemaOf<Name extends CommandName, P extends Part> = `${Capitalize<Name>}${P}`

/** `sendMessage` is `SendMessagePayload`, `SendMessageData` and so on. */
export function commandSchema<Name extends CommandName, P extends Part>(name: Name, part: P): SchemaOf<Name, P> {
  return `${name.slice(0, 1).toUpperCase()}${name.slice(1)}${part}` as SchemaOf<Name, P>
}
