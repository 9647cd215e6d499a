import type { Connection } from '../connections/connection.ts'
import type { RoomId } from '../protocol/ids.ts'

/** The games of rooms, as far as joins and leaves concern them. A room without a game is ignored. */
export interface RoomGame {
  /** Whether the id is one of a room with a game, so that a join must not create a room. */
  owns(room: RoomId): boolean
  /**
   * Whether a resumed connection may be in the room before its game was asked. It may if its user has a seat there, or if its
   * session was in the room as a player or spectator. Other connections have to join, because nobody could say whether they want
   * to play or to watch.
   */
  mayReturn(connection: Connection, room: RoomId): boolean
  /**
   * Whether the room has ended since the session of a resumed connection was in it. Then the connection still gets the room's
   * last events.
   */
  hasEndedFor(connection: Connection, room: RoomId): boolean
  /** The connection has left the room, so its user gives up the seat. */
  left(connection: Connection, room: RoomId): void
  /** The connection was closed. If it was the user's last one, the seat is held for the user. */
  gone(connection: Connection, room: RoomId): void
}
