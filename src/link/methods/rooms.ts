import type { RoomAt, RoomDefinition } from '../../domain/room.ts'
import type { Channel, Namespace, RoomId } from '../../protocol/ids.ts'
import type { Page, PageArgs } from '../../protocol/page.ts'
import type { ValueOf } from '../../protocol/shapes/build.ts'
import type { JoinedRoom, PresencePage, RetainedState, ROOM } from '../../protocol/shapes/rooms.ts'
import type { Method } from './method.ts'

/** The state is as of `offset`. The room's events after it follow on the link. */
export type JoinResult = Omit<JoinedRoom, 'room_id'>

/** Rooms, who is in them and what they retain: for connections, and for the REST interface. */
export type RoomMethods = {
  join: Method<{ readonly connectionId: string; readonly room: RoomId }, JoinResult>
  leave: Method<{ readonly connectionId: string; readonly room: RoomId }, null>
  state: Method<{ readonly channel: Channel }, RetainedState>
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
