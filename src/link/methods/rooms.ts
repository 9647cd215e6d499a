import type { RoomAt, RoomDefinition } from '../../domain/room.ts'
import type { Channel, Namespace, RoomId } from '../../protocol/ids.ts'
import type { Page, PageArgs } from '../../protocol/page.ts'
import type { ValueOf } from '../../protocol/shapes/build.ts'
import type { JoinedRoom, PresencePage, ROOM } from '../../protocol/shapes/rooms.ts'
import type { EnteredRoom } from './host.ts'
import type { Method } from './method.ts'

/** `state` is as of `offset`. Later events of the room follow on the link. */
export type JoinResult = Omit<JoinedRoom, 'room_id' | 'game' | 'state'> & StoredState & { readonly room_id: RoomId }

/** What a channel retains: JSON as it is stored, or null if there is nothing. */
export interface StoredState {
  readonly state: Uint8Array | null
  readonly offset: number
}

export interface JoinArgs {
  readonly connectionId: string
  readonly room: RoomId
  /** Whether the connection wants a seat or only watches, if the room has a game. */
  readonly as: 'player' | 'spectator'
  /** The password, for a room that has one. */
  readonly password: string | null
  /** The encoding in which the connection gets patches. */
  readonly encoding: 'json' | 'binary'
}

/** What a connection that entered a room sees of its game. Patches after `tick` follow on the link. */
export interface GameEntry extends EnteredRoom {
  readonly handle: number
}

/** Rooms, their members and what they retain: for connections, and for the REST interface. */
export type RoomMethods = {
  /** The result has `game` if the room has one. If the game refuses the join, so does this. */
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
  /** With `ifTag` the room is deleted only if it has this tag. Null deletes it in any case. */
  roomDelete: Method<{ readonly room: RoomId; readonly ifTag: string | null }, null>
}
