import type * as EVENT from '../protocol/event-names.ts'
import type * as SERVER_EVENT from '../protocol/server-event-names.ts'
import type { JsonObject, JsonValue } from '../protocol/events.ts'
import type { CommandName, DataOf, EventMaker, EventPayloadOf, PayloadOf } from '../protocol/shapes/commands.ts'
import type { EventEnvelope, NotRecovered, ReadyPayload } from '../protocol/shapes/events.ts'
import type { BroadcastPayload, MessagePayload, PresenceChange } from '../protocol/shapes/payloads.ts'
import type { Reward } from '../protocol/shapes/games.ts'
import type { DrumbeatError } from './errors.ts'
import type { Jsonable } from './jsonable.ts'

/** An event as received, with the type of its payload. */
export type GameEvent<Payload = JsonObject> = Omit<EventEnvelope, 'payload'> & { readonly payload: Payload }

/** The content of `sendMessage`: `text`, or any JSON value as `data`. */
export type Message = MessagePayload

/**
 * The payload type of each event, by its name on the wire. Extend it with the types of your game and pass it to `connect`. Then
 * events and requests have your types:
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
 * The client does not check that events have these types.
 */
export interface EventMap extends EventsOfCommands {
  [EVENT.broadcast]: BroadcastOf<JsonValue>
  [SERVER_EVENT.joined]: PresenceChange
  [SERVER_EVENT.left]: PresenceChange
  [SERVER_EVENT.reward]: Reward
}

/** The events that requests cause, by their names on the wire. */
type EventsOfCommands = { [Name in EventMaker as (typeof EVENT)[Name]]: EventPayloadOf<Name> }

/** The payload of a broadcast with your own type of message: a type alias or an interface, of what JSON can express. */
export type BroadcastOf<Message> = Omit<BroadcastPayload, 'message'> & { readonly message: Jsonable<Message> }

/** The payload of a message to one user, with your own type of data. */
export type SendMessageOf<Data> = { readonly data: Jsonable<Data>; readonly target_user_id: string }

/** The type of the messages that a game broadcasts. */
export type MessageOf<Events extends EventMap> = Events[typeof EVENT.broadcast]['message']

/** What `broadcast` accepts: the game's own type of message. If it has none, any `Given` that JSON can express. */
export type Broadcastable<Events extends EventMap, Given> =
  JsonValue extends MessageOf<Events> ? Given & Jsonable<Given> : MessageOf<Events>

/** The former name of `EventMap`. */
export type EventPayloads = EventMap

/**
 * What each request takes, and the `data` of its reply, by its name on the wire. `unknown` means anything that JSON can express:
 * `request` refuses the rest.
 */
export type RequestTypes = {
  [Name in CommandName as (typeof EVENT)[Name]]: {
    payload: PayloadOf<Name> extends infer Payload ? { [Field in keyof Payload]: Given<Payload[Field]> } : never
    data: DataOf<Name>
  }
}

/** The type of a field before it is checked whether JSON can express it. Interfaces are accepted, too. */
type Given<Value> = JsonValue extends Value ? unknown : JsonObject extends Value ? object : Value

/** The event types that `request` takes. */
export type RequestType = keyof RequestTypes

/**
 * Events between the cursor and now are lost to this client, so fetch the state again. SESSION_NEW: the server did not even
 * recognize the session.
 */
export interface Gap {
  readonly reason: NotRecovered | 'SESSION_NEW'
  /** The rooms that this client is in now. */
  readonly rooms: readonly string[]
}

/**
 * The state of the connection. `draining`: the server is about to close it, and still serves while the client looks for another
 * one. `reconnecting`: there is no connection, and requests wait.
 */
export type StatusChange =
  | { readonly status: 'connecting' }
  | { readonly status: 'ready'; readonly session: ReadyPayload; readonly recovered: boolean }
  | { readonly status: 'draining' }
  | {
      readonly status: 'reconnecting'
      readonly code: number
      readonly reason: string
      /** How long until the next attempt starts. */
      readonly retryInMs: number
      /** The moment of the next attempt, in Unix milliseconds. */
      readonly retryAt: number
    }
  | {
      readonly status: 'closed'
      readonly code: number
      readonly reason: string
      /** Undefined if the owner closed it. */
      readonly error: unknown
    }

/** The status alone. */
export type Status = StatusChange['status']

/** What `events` accepts: event types by their names on the wire, and `*` for every event. */
export type StreamEvents<Events extends EventMap = EventMap> = { [K in keyof Events]: GameEvent<Events[K]> } & {
  '*': GameEvent
}

/** What `on` accepts: event types by their names on the wire, and events of the client itself. */
export type ClientEvents<Events extends EventMap = EventMap> = StreamEvents<Events> & {
  status: StatusChange
  gap: Gap
  /** The server is about to close this connection. The client reconnects by itself. */
  [SERVER_EVENT.draining]: JsonObject
  /** A refusal that belongs to no request of this client. */
  error: DrumbeatError
}
