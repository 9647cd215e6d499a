import type {
  EVENT,
  SERVER_EVENT,
  EventEnvelope,
  JsonObject,
  JsonValue,
  NotRecovered,
  ReadyPayload,
  Receipt,
} from '../protocol/events.ts'
import type { BroadcastPayload, MessagePayload } from '../protocol/payloads.ts'
import type { PresencePage } from '../protocol/page.ts'
import type { DrumbeatError } from './errors.ts'
import type { Jsonable } from './jsonable.ts'

/** An event as it came, with its payload's type. */
export type GameEvent<Payload = JsonObject> = Omit<EventEnvelope, 'payload'> & { readonly payload: Payload }

/** What `sendMessage` carries: `text`, or any JSON value as `data`. */
export type Message = MessagePayload

/** The same before it is known what JSON can say of it. */
type AnyMessage = { readonly text: string } | { readonly data: unknown }

/**
 * What each event's payload is, by the name it has on the wire. A game extends it with what it means by them, and gives it to
 * `connect`, so that events and requests have its own types:
 *
 * ```ts
 * interface Move { readonly x: number; readonly y: number }
 * interface MyEvents extends EventMap {
 *   'core.game.state.broadcast': BroadcastOf<Move>
 * }
 * const game = await connect<MyEvents>(options)
 * game.on(EVENT.broadcast, ({ payload }) => draw(payload.message.x))
 * ```
 *
 * The types are the game's own claim: nothing is checked when an event comes.
 */
export interface EventMap {
  [EVENT.broadcast]: BroadcastOf<JsonValue>
  [EVENT.sendMessage]: Message & { readonly target_user_id: string }
  [EVENT.buyGood]: Receipt
  [SERVER_EVENT.joined]: PresenceChange
  [SERVER_EVENT.left]: PresenceChange
}

/** A broadcast's payload with the game's own type of message: a type alias or an interface, of what JSON can say. */
export type BroadcastOf<Message> = Omit<BroadcastPayload, 'message'> & { readonly message: Jsonable<Message> }

/** The payload of a message to one user, with the game's own type of data. */
export type SendMessageOf<Data> = { readonly data: Jsonable<Data>; readonly target_user_id: string }

/** The message type of a game's broadcasts. */
export type MessageOf<Events extends EventMap> = Events[typeof EVENT.broadcast]['message']

/** What `broadcast` takes: the game's own type of message, or where it has none any `Given` that JSON can say. */
export type Broadcastable<Events extends EventMap, Given> =
  JsonValue extends MessageOf<Events> ? Given & Jsonable<Given> : MessageOf<Events>

/** The former name of `EventMap`. */
export type EventPayloads = EventMap

/** The users that came to a room, or left it, since the last event of the kind. */
export interface PresenceChange {
  readonly room_id: string
  readonly users: readonly string[]
  /** How many are in it now. */
  readonly members: number
}

/** What each request takes, and what its reply's `data` is. `unknown` stands for what JSON can say. */
export interface RequestTypes {
  [EVENT.broadcast]: {
    payload: Omit<BroadcastPayload, 'message'> & { readonly message: unknown }
    data: { readonly offset: number }
  }
  [EVENT.sendMessage]: {
    payload: AnyMessage & { readonly target_user_id: string }
    data: { readonly offset: number; readonly delivered: number }
  }
  [EVENT.buyGood]: {
    payload: {
      readonly good_id: string
      readonly count: number
      readonly idempotency_key?: string
      readonly expected_price?: number
    }
    data: Receipt
  }
  [EVENT.roomJoin]: {
    payload: { readonly room_id: string; readonly options?: object }
    data: JoinedRoom
  }
  [EVENT.roomLeave]: { payload: { readonly room_id: string }; data: JsonObject }
  [EVENT.roomInput]: { payload: { readonly input: unknown }; data: JsonObject }
  [EVENT.stateGet]: {
    payload: { readonly room_id?: string }
    data: { readonly state: JsonValue; readonly offset: number }
  }
  [EVENT.presenceList]: {
    payload: { readonly room_id?: string; readonly limit?: number; readonly cursor?: string }
    data: PresencePage
  }
  /** `expires_at`: Unix time in milliseconds */
  [EVENT.sessionRefresh]: { payload: { readonly token: string }; data: { readonly expires_at: number } }
  [EVENT.sessionPing]: { payload: object; data: { readonly server_time: number } }
}

/** The event types that `request` takes. */
export type RequestType = keyof RequestTypes

/** The answer to `join`. */
export interface JoinedRoom {
  readonly room_id: string
  /** How many users are in it. */
  readonly members: number
  /** What was last broadcast with `retain`, or null. */
  readonly state: JsonValue
  /** The place in the log from which on this client gets the room's events. */
  readonly offset: number
}

/**
 * Events between the cursor and now are lost to this client: fetch the state anew. SESSION_NEW: the server did not take
 * up the resume at all.
 */
export interface Gap {
  readonly reason: NotRecovered | 'SESSION_NEW'
  /** The rooms this client is in now. */
  readonly rooms: readonly string[]
}

/**
 * How the connection is. `draining`: the server is about to close it; it still serves while the client looks for another one.
 * `reconnecting`: there is none, and requests wait.
 */
export type StatusChange =
  | { readonly status: 'connecting' }
  | { readonly status: 'ready'; readonly session: ReadyPayload; readonly recovered: boolean }
  | { readonly status: 'draining' }
  | {
      readonly status: 'reconnecting'
      readonly code: number
      readonly reason: string
      /** When the next attempt starts, from now. */
      readonly retryInMs: number
      /** The same as Unix time in milliseconds. */
      readonly retryAt: number
    }
  | {
      readonly status: 'closed'
      readonly code: number
      readonly reason: string
      /** undefined where the owner closed it */
      readonly error: unknown
    }

/** The status alone. */
export type Status = StatusChange['status']

/** What `events` takes: event types by their names on the wire, and `*`, which is every event. */
export type StreamEvents<Events extends EventMap = EventMap> = { [K in keyof Events]: GameEvent<Events[K]> } & {
  '*': GameEvent
}

/** What `on` takes: event types by their names on the wire, and what the client itself has to say. */
export type ClientEvents<Events extends EventMap = EventMap> = StreamEvents<Events> & {
  status: StatusChange
  gap: Gap
  /** The server is about to close this connection; the client comes back by itself. */
  [SERVER_EVENT.draining]: JsonObject
  /** A refusal that belongs to no request of this client. */
  error: DrumbeatError
}
