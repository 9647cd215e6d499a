import type { Namespace, RoomId } from '../protocol/ids.ts'
import type { ValueOf } from '../protocol/shapes/build.ts'
import type { ROOM_DEFINITION, ROOM_STATE } from '../protocol/shapes/rooms.ts'

/** What stays of a room when nobody is in it. */
export type RoomDefinition = ValueOf<typeof ROOM_DEFINITION> & {
  readonly room_id: RoomId
  readonly namespace: Namespace
}

/** A room as it is read, with what changes whenever anything of it but `offset` does. */
export interface RoomAt {
  readonly room: RoomDefinition & ValueOf<typeof ROOM_STATE>
  readonly tag: string
}
