import type { RoomAt, RoomDefinition } from '../../domain/room.ts'
import type { JsonValue } from '../../protocol/events.ts'
import type { Channel, Namespace, RoomId } from '../../protocol/ids.ts'
import type { Page, PageArgs, PresencePage } from '../../protocol/page.ts'
import type { Method } from './method.ts'

export interface JoinResult {
  readonly members: number
  readonly state: JsonValue
  /** The state is as of here. The room's events after it follow on the link. */
  readonly offset: number
}

/** Rooms, who is in them and what they retain: for connections, and for the REST interface. */
export type RoomMethods = {
  join: Method<{ readonly connectionId: string; readonly room: RoomId }, JoinResult>
  leave: Method<{ readonly connectionId: string; readonly room: RoomId }, null>
  state: Method<{ readonly channel: Channel }, { readonly state: JsonValue; readonly offset: number }>
  presence: Method<PageArgs & { readonly namespace: Namespace; readonly room: RoomId | null }, PresencePage>
  roomPut: Method<
    { readonly room: RoomDefinition; readonly ifAbsent: boolean; readonly idempotencyKey: string | null },
    RoomAt
  >
  roomList: Method<PageArgs, Page<RoomDefinition & { readonly members: number }>>
  roomGet: Method<{ readonly room: RoomId }, RoomAt>
  /** `ifTag`: only where it is this one; null: whatever there is. */
  roomDelete: Method<{ readonly room: RoomId; readonly ifTag: string | null }, null>
}
