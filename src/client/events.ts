import type * as EVENT from '../protocol/event-names.ts'
import type * as SERVER_EVENT from '../protocol/server-event-names.ts'
import type { JsonObject, JsonValue } from '../protocol/events.ts'
import type { CommandName, DataOf, EventMaker, EventPayloadOf, PayloadOf } from '../protocol/shapes/commands.ts'
import type { EventEnvelope, NotRecovered, ReadyPayload } from '../protocol/shapes/events.ts'
import type { BroadcastPayload, MessagePayload, PresenceChange } from '../protocol/shapes/payloads.ts'
import type { Reward } from '../protocol/shapes/games.ts'
import type { DrumbeatError } from './errors.ts'
import type { Jsonable } from './jsonable.ts'

/** An event as it came, with its payload's type. */
export type GameEvent<Payload = JsonObject> = Omit<EventEnvelope, 'payload'> & { readonly payload: Payload }

/** What `sendMessage` carries: `text`, or any JSON value as `data`. */
export type Message = MessagePayload

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
export interface EventMap extends EventsOfCommands {
  [EVENT.broadcast]: BroadcastOf<JsonValue>
  [SERVER_EVENT.joined]: PresenceChange
  [SERVER_EVENT.left]: PresenceChange
  [SERVER_EVENT.reward]: Reward
}

/** The events that requests make, by their names on the wire. */
type EventsOfCommands = { [Name in EventMaker as (typeof EVENT)[Name]]: EventPayloadOf<Name> }

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

/**
 * What each request takes, and what its reply's `data` is, by the name it has on the wire. `unknown` stands for what JSON can say: `request`
 * refuses the rest.
 */
export type RequestTypes = {
  [Name in CommandName as (typeof EVENT)[Name]]: {
    payload: PayloadOf<Name> extends infer Payload ? { [Field in keyof Payload]: Given<Payload[Field]> } : never
    data: DataOf<Name>
  }
}

/** What is given for a field before it is known what JSON can say of it: an interface fits, too. */
type Given<Value> = JsonValue extends Value ? unknown : JsonObject extends Value ? object : Value

/** The event types that `request` takes. */
export type RequestType = keyof RequestTypes

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
