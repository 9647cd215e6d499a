import type { EventMap } from './events.ts'
import type { ClientOptions } from './options.ts'
import { PlayClient } from './play-client.ts'

/** Resolves with a client that has its session. Handlers that are added right after it miss no event. */
export async function connect<Events extends EventMap = EventMap>(options: ClientOptions): Promise<PlayClient<Events>> {
  const client = new PlayClient<Events>(options)
  await client.connect()
  return client
}

export { DrumbeatError, type DrumbeatErrorCode } from './errors.ts'
export type { ClientEvents, EventMap, GameEvent, Gap, Status, StatusChange } from './events.ts'
export type { GameRoom, RoomChange, RoomEvents, Send } from './game-room.ts'
export type { EnterOptions, PlayOptions, TypesIn, Where } from './games.ts'
export type { Moving } from './interpolation.ts'
export type { ClientOptions } from './options.ts'
export { PlayClient } from './play-client.ts'
export type { RequestOptions } from './requests.ts'
export type { InterpolatedView } from './timeline.ts'
export * as EVENT from '../protocol/event-names.ts'
export * as SERVER_EVENT from '../protocol/server-event-names.ts'
