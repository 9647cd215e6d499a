import type { Connection } from '../connections/connection.ts'
import type { ConnectionRooms } from '../connections/connections.ts'
import type { RecoverableSessions } from '../connections/recoverable-sessions.ts'
import type { Registry } from '../connections/registry.ts'
import type { Subscriptions } from '../connections/subscriptions.ts'
import { Refusal } from '../protocol/errors.ts'
import type { RoomId } from '../protocol/ids.ts'
import type { JoinedRoom } from '../protocol/shapes/rooms.ts'
import type { Announcements } from './announcements.ts'
import type { Directory } from './directory.ts'
import type { RoomGame } from './room-game.ts'

export interface MembersOptions {
  readonly registry: Registry
  readonly subscriptions: Subscriptions
  readonly sessions: RecoverableSessions
  readonly directory: Directory
  readonly announcements: Announcements
}

/** What a connection is told when it joins a room. */
export type ToldRoom = Omit<JoinedRoom, 'room_id' | 'state' | 'offset' | 'game'> & { readonly room_id: RoomId }

/** Used by a node without games. */
const NO_GAMES: RoomGame = {
  owns: () => false,
  mayReturn: () => false,
  hasEndedFor: () => false,
  left: () => {},
  gone: () => {},
}

/** Lets this node's connections join and leave rooms. */
export class Members implements ConnectionRooms {
  readonly #options: MembersOptions
  #game: RoomGame = NO_GAMES

  constructor(options: MembersOptions) {
    this.#options = options
  }

  /** From now on `game` is told of the members of rooms. */
  plugIn(game: RoomGame): void {
    this.#game = game
  }

  /**
   * The hub delivers all events after its current head. Throws ROOM_NOT_FOUND, ROOM_FULL; UNAVAILABLE if the connection is gone.
   */
  join(connectionId: string, room: RoomId): ToldRoom {
    const { registry, subscriptions, sessions, directory, announcements } = this.#options
    const connection = registry.require(connectionId)
    if (!connection.rooms.has(room)) {
      this.#enter(connection, room)
      subscriptions.enter(connection, room)
    }
    sessions.changed(connection)
    announcements.told(room, connection.userId)
    return { room_id: room, members: directory.membersOf(room).size }
  }

  /** Throws UNAVAILABLE if the connection is gone. */
  leave(connectionId: string, room: RoomId): void {
    const { registry, sessions } = this.#options
    const connection = registry.require(connectionId)
    this.#leave(connection, room)
    sessions.changed(connection)
  }

  /**
   * Makes all connections of this node leave the room. Returns them.
   * @param hears whether the connection still gets the room's events until it leaves by itself, although it is not counted as a
   * member
   */
  empty(room: RoomId, hears: (connection: Connection) => boolean = () => false): readonly Connection[] {
    const { registry } = this.#options
    const members = [...registry.all()].filter((one) => registry.isHere(one) && one.rooms.has(room))
    for (const member of members) {
      if (hears(member)) this.#exit(member, room)
      else this.#leave(member, room)
    }
    return members
  }

  enter(connection: Connection, id: RoomId): void {
    // It leaves the room when it asks for its game, after it got the events that it has missed.
    if (this.#game.hasEndedFor(connection, id)) {
      connection.rooms.add(id)
      return
    }
    const game = this.#options.directory.get(id)?.game ?? null
    if (game !== null && !this.#game.mayReturn(connection, id)) {
      throw new Refusal('ROOM_NOT_FOUND', `the game of "${id}" has no place for this connection`)
    }
    this.#enter(connection, id)
  }

  #enter(connection: Connection, id: RoomId): void {
    const { directory, announcements } = this.#options
    if (this.#game.owns(id) && !directory.get(id)) throw new Refusal('ROOM_NOT_FOUND', `no room "${id}"`)
    const { first, room } = directory.join(id, connection.namespace, connection.userId)
    connection.rooms.add(room)
    if (first) announcements.note(room, connection.namespace, connection.userId, true)
  }

  closed(connection: Connection): void {
    for (const room of connection.rooms) {
      this.#game.gone(connection, room)
      this.#exit(connection, room)
    }
  }

  #leave(connection: Connection, room: RoomId): void {
    if (!connection.rooms.delete(room)) return
    this.#game.left(connection, room)
    this.#options.subscriptions.leave(connection, room)
    this.#exit(connection, room)
  }

  /** Undoes `enter` for a connection that has left the room. */
  #exit({ namespace, userId }: Connection, room: RoomId): void {
    const { directory, announcements } = this.#options
    if (directory.leave(room, userId).last) announcements.note(room, namespace, userId, false)
  }
}
