import type { RoomAt, RoomDefinition } from '../../domain/room.ts'
import type { Channel, Namespace, RoomId } from '../../protocol/ids.ts'
import type { Page, PageArgs } from '../../protocol/page.ts'
import type { ValueOf } from '../../protocol/shapes/build.ts'
import type { JoinedRoom, PresencePage, ROOM } from '../../protocol/shapes/rooms.ts'
import type { EnteredRoom } from './host.ts'
import type { Method } from './method.ts'

/** The state is as of `offset`. The room's events after it follow on the link. */
export type JoinResult = Omit<JoinedRoom, 'room_id' | 'game' | 'state'> & StoredState & { readonly room_id: RoomId }

/** What a channel retains: JSON as it is stored; null: nothing. */
export interface StoredState {
  readonly state: Uint8Array | null
  readonly offset: number
}

export interface JoinArgs {
  readonly connectionId: string
  readonly room: RoomId
  /** Of a room that has a game: for a seat, or to watch. */
  readonly as: 'player' | 'spectator'
  /** Of a room that wants one. */
  readonly password: string | null
  /** How the connection gets patches. */
  readonly encoding: 'json' | 'binary'
}

/** What a connection that has come into a room sees of its game. The patches behind `tick` follow on the link. */
export interface GameEntry extends EnteredRoom {
  readonly handle: number
}

/** Rooms, who is in them and what they retain: for connections, and for the REST interface. */
export type RoomMethods = {
  /** With `game` if the room has one; what the game refuses, this refuses. */
  join: Method<JoinArgs, JoinResult & { readonly game?: GameEntry }>
  leave: Method<{ readonly connectionId: string; readonly room: RoomId }, null>
  state: Method<{ readonly channel: Channel }, StoredState>
  presence: Method<PageArgs & { readonly namespace: Namespace; readonly room: RoomId | null }, PresencePage>
  roomPut: Method<
    { readonly room: RoomDefinition; readonly ifAbsent: boolean; readonly idempotencyKey: string | null },
    RoomAt
  >
  roomList: Method<PageArgs, Page<RoomDefinition & ValueOf<typeof ROOM>>>
  roomGet: Method<{ readonly room: RoomId }, RoomAt>
  /** `ifTag`: only where it is this one; null: whatever there is. */
  roomDelete: Method<{ readonly room: RoomId; readonly ifTag: string | null }, null>
}
