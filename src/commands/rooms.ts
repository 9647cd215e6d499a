import { Refusal } from '../protocol/errors.ts'
import { namespaceChannel, parseRoomId, roomChannel, type Channel, type RoomId } from '../protocol/ids.ts'
import type { GameRooms } from '../session/games/game-rooms.ts'
import { ASK_AGAIN_MS, type Viewer } from '../session/games/viewer.ts'
import type { Connection } from '../session/connection.ts'

/** Throws NOT_IN_ROOM. */
export function requireMember(connection: Connection, room: RoomId): void {
  if (!connection.rooms.has(room)) throw new Refusal('NOT_IN_ROOM', `this connection has not joined "${room}"`)
}

/**
 * The view that the connection has of the room's game. Throws NOT_IN_ROOM, FORBIDDEN if the room has no game, UNAVAILABLE if the
 * game does not answer yet.
 */
export function requireViewer(connection: Connection, room: RoomId, games: GameRooms): Viewer {
  requireMember(connection, room)
  const viewer = games.find(connection, room)
  if (viewer) return viewer
  if (!games.isAwaited(connection, room)) throw new Refusal('FORBIDDEN', 'no game runs in this room')
  const message = 'the game of the room does not answer yet; nothing was done'
  throw new Refusal('UNAVAILABLE', message, { retry_after_ms: ASK_AGAIN_MS })
}

/** The channel that a request is about: a joined room, or the namespace. Throws NOT_IN_ROOM. */
export function channelOf(connection: Connection, room: RoomId | undefined): Channel {
  if (room === undefined) return namespaceChannel(connection.namespace)
  requireMember(connection, room)
  return roomChannel(connection.namespace, room)
}

export function parseOptionalRoom(value: unknown): RoomId | undefined {
  return value === undefined || value === null ? undefined : parseRoomId(value, 'payload.room_id')
}
