import type { Connection } from '../connections/connection.ts'
import type { RoomId } from '../protocol/ids.ts'

/** The games of rooms, as they are told of connections. A room without a game is nothing to them. */
export interface RoomGame {
  /** Whether the id is one of a room with a game, so that joining it makes no room. */
  owns(room: RoomId): boolean
  /**
   * Whether a resumed connection may be in the room, before the game was asked: its user has a seat there, or its session was in the room, and it is known
   * as what. Others have to join: nobody could say whether they are to play or to watch.
   */
  mayReturn(connection: Connection, room: RoomId): boolean
  /** Whether the room has ended since the session of a resumed connection was in it: then the connection is to get the last events of it. */
  hasEndedFor(connection: Connection, room: RoomId): boolean
  /** The connection has left the room: its user gives up the seat. */
  left(connection: Connection, room: RoomId): void
  /** The connection was closed: its user's seat is held if it was the last. */
  gone(connection: Connection, room: RoomId): void
}
