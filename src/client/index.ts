import { GameClient } from './client.ts'
import type { EventMap } from './events.ts'
import type { ClientOptions } from './options.ts'

/** Resolves with a client that has its session. Handlers that are added right after it miss no event. */
export async function connect<Events extends EventMap = EventMap>(options: ClientOptions): Promise<GameClient<Events>> {
  const client = new GameClient<Events>(options)
  await client.connect()
  return client
}

export { GameClient } from './client.ts'
export { PlayClient } from './play-client.ts'
export type { ListenOptions } from './emitter.ts'
export { DrumbeatError, type DrumbeatErrorCode } from './errors.ts'
export type {
  Broadcastable,
  BroadcastOf,
  ClientEvents,
  EventMap,
  EventPayloads,
  GameEvent,
  Gap,
  Message,
  MessageOf,
  RequestType,
  RequestTypes,
  SendMessageOf,
  Status,
  StatusChange,
  StreamEvents,
} from './events.ts'
export type { GameRoom, RoomChange, RoomEvents, Send } from './game-room.ts'
export type { EnterOptions, PlayOptions, TypesIn, Where } from './games.ts'
export type { Moving } from './interpolation.ts'
export type { Jsonable } from './jsonable.ts'
export type { ClientOptions, QueueOptions, ReconnectOptions, TokenReason, TokenSource } from './options.ts'
export type { Order } from './purchase.ts'
export { verifyReceipt, type Ed25519Jwk } from './receipt.ts'
export type { RequestOptions } from './requests.ts'
export type { StateStore } from './state.ts'
export type { StreamOptions } from './stream.ts'
export type { InterpolatedView } from './timeline.ts'
export type { WebSocketConstructor, WebSocketLike } from './websocket.ts'
export * as EVENT from '../protocol/event-names.ts'
export * as SERVER_EVENT from '../protocol/server-event-names.ts'
export type { Encoding, JsonObject, JsonValue } from '../protocol/events.ts'
export type { EventEnvelope, ReadyPayload } from '../protocol/shapes/events.ts'
export type { PresenceChange } from '../protocol/shapes/payloads.ts'
export type { JoinedRoom, PresencePage } from '../protocol/shapes/rooms.ts'
export type { Receipt } from '../protocol/shapes/shop.ts'
