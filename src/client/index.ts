import { GameClient } from './client.ts'
import type { ClientOptions } from './options.ts'

/** Resolves with a client that has its session. Handlers put on right after that miss nothing. */
export async function connect(options: ClientOptions): Promise<GameClient> {
  const client = new GameClient(options)
  await client.connect()
  return client
}

export { GameClient } from './client.ts'
export { DrumbeatError, type DrumbeatErrorCode } from './errors.ts'
export type {
  ClientEvents,
  EventPayloads,
  GameEvent,
  Gap,
  JoinedRoom,
  Message,
  PresenceChange,
  RequestType,
  RequestTypes,
  Status,
  StatusChange,
} from './events.ts'
export type { ClientOptions, ReconnectOptions, TokenReason, TokenSource } from './options.ts'
export type { Order } from './purchase.ts'
export { verifyReceipt, type Ed25519Jwk } from './receipt.ts'
export type { RequestOptions } from './requests.ts'
export type { WebSocketConstructor, WebSocketLike } from './websocket.ts'
export { EVENT, SERVER_EVENT } from '../protocol/events.ts'
export type { Encoding, EventEnvelope, JsonObject, JsonValue, ReadyPayload, Receipt } from '../protocol/events.ts'
export type { PresencePage } from '../protocol/page.ts'
