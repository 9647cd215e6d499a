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

/** What dispatch has to know of a request before it reads the payload. */
export interface RequestFacts {
  /** If its envelope names a room, the request is sent to that room. */
  readonly speaks?: true
  /**
   * Whether the request waits for the joins and leaves that its connection asked for before. `never`: it concerns no room.
   * `if-named`: only if its envelope or its payload names a room. By default it waits.
   */
  readonly waits?: 'never' | 'if-named'
  /** The request is so frequent and uniform that only a sample of its durations is measured. */
  readonly isSampled?: true
  /** The request changes nothing. Without an `id` nobody gets the answer, so it is not carried out. */
  readonly isRead?: true
  /** The worker answers it without asking the primary. */
  readonly isLocal?: true
  /** The request moves money. A key that is there twice is ambiguous, so it is refused. */
  readonly isMoney?: true
}

/** What the server has to know of a logged event to pass it on. */
export interface EventFacts {
  /** The number of the type in logs, so it is never given to another type. 0 stands for every type that is not listed. */
  readonly kind: number
  /** `room`: the event goes to its room or namespace. `user`: to the own channel of one user. */
  readonly channel: 'room' | 'user'
}

export interface CommandShape extends RequestFacts {
  /** The schema of the request's payload. */
  readonly payload: Schema
  /** The schema of the reply's data. */
  readonly data: Schema
  /** The request has to name a room. */
  readonly needsRoom?: true
  /** The event that the request adds to the log. By default it has the request's payload. */
  readonly event?: EventFacts & { readonly payload?: Schema }
}

const OFFSET = integer(
  "The event's place in the log. 0 if a key is used again, and the event is there, but its place is not known any more.",
)
const ROOM_OR_NONE = optional(nullable(ref(ROOM_ID)))

/** All requests and their replies, by the names of EVENT. */
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
    data: object({
      offset: OFFSET,
      delivered: integer('How many connections of that user it was sent to, on all nodes.'),
    }),
    event: { kind: 2, channel: 'user' },
  },
  buyGood: {
    payload: sent({
      good_id: ref(NAME),
      // The documents add the value of BUY_MAX_COUNT.
      count: integer('At most BUY_MAX_COUNT.', 1),
      expected_price: optional(
        integer('The price of one piece. If the good has another price, the answer is PRICE_CHANGED.'),
      ),
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
      limit: optional(integer(`${PRESENCE_LIMIT.fallback} if it is absent.`, 1, PRESENCE_LIMIT.max)),
      cursor: optional(nullable(ref(USER_ID))),
    }),
    data: PRESENCE_PAGE,
    waits: 'if-named',
    isRead: true,
  },
  sessionRefresh: {
    payload: sent({ token: text('A JWT with the same `sub`.') }),
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

export type PayloadOf<Name extends CommandName> = ValueOf<(typeof COMMANDS)[Name]['payload']>
/** The commands that add an event to the log. `broadcast` makes the `BroadcastEvent` of the documents. */
export type EventMaker = {
  [Name in CommandName]: (typeof COMMANDS)[Name] extends { readonly event: unknown } ? Name : never
}[CommandName]
/** The payload of the event that a command makes. */
export type EventPayloadOf<Name extends EventMaker> = (typeof COMMANDS)[Name]['event'] extends {
  readonly payload: infer Payload
}
  ? ValueOf<Payload>
  : PayloadOf<Name>
export type DataOf<Name extends CommandName> = ValueOf<(typeof COMMANDS)[Name]['data']>

/** Any value is accepted, because one that cannot be read is ignored. The type says text, which is what clients should send. */
const REQUEST_TRACEPARENT: Schema<string> = {
  allOf: [ref(JSON_VALUE)],
  description: 'W3C trace context. A value that cannot be read is ignored.',
}

const REQUEST_FIELDS = {
  id: optional(ref(REQUEST_ID)),
  eventType: text('One of `EVENT`.'),
  room: optional(ref(ROOM_ID)),
  payload: anyObject(),
  traceparent: optional(REQUEST_TRACEPARENT),
}
const REQUEST = object(REQUEST_FIELDS)
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
    { description: '`replyTo` is absent if the request had no `id`.' },
  ),
)
export type ReplyEnvelope = ValueOf<typeof REPLY> | ValueOf<typeof ERROR_REPLY>

/** The schema of one kind of request. */
export function requestOf(eventType: EventType, payload: Schema, needsRoom = false): Schema {
  const room = needsRoom ? ref(ROOM_ID) : REQUEST_FIELDS.room
  return sent({ ...REQUEST_FIELDS, eventType: constant(eventType), room, payload })
}

/** The schema of the reply with this data. */
export function replyOf(data: Schema): Schema {
  return object({ ...REPLY_FIELDS, data })
}

type Part = 'Payload' | 'Data' | 'Request' | 'Reply' | 'Event'
export type SchemaOf<Name extends CommandName, P extends Part> = `${Capitalize<Name>}${P}`

/** For example `SendMessagePayload` and `SendMessageData` for `sendMessage`. */
export function commandSchema<Name extends CommandName, P extends Part>(name: Name, part: P): SchemaOf<Name, P> {
  return `${name.slice(0, 1).toUpperCase()}${name.slice(1)}${part}` as SchemaOf<Name, P>
}
