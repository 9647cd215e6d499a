import type { Namespace, RoomId } from '../protocol/ids.ts'
import type { ValueOf } from '../protocol/shapes/build.ts'
import type { ROOM_DEFINITION, ROOM_STATE } from '../protocol/shapes/rooms.ts'

/** What remains of a room when no one is in it. */
export type RoomDefinition = ValueOf<typeof ROOM_DEFINITION> & {
  readonly room_id: RoomId
  readonly namespace: Namespace
}

/** A room as it is read. `tag` changes whenever anything of the room but `offset` does. */
export interface RoomAt {
  readonly room: RoomDefinition & ValueOf<typeof ROOM_STATE>
  readonly tag: string
}
