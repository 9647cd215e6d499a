import type { RoomDefinition } from '../domain/room.ts'
import { controlRecord, type ControlHandlers } from '../hub/control.ts'
import type { RoomId } from '../protocol/ids.ts'
import type { LogRecord } from '../store/store.ts'
import type { Directory } from './directory.ts'
import type { Members } from './members.ts'

/** The messages in the log that tell all nodes of rooms that REST has made or deleted. */
export type RoomControl =
  | { readonly kind: 'room-defined'; readonly room: RoomDefinition }
  | { readonly kind: 'room-deleted'; readonly id: RoomId }

export function roomControl(control: RoomControl): LogRecord {
  return controlRecord(control)
}

export interface FollowRoomsOptions {
  readonly directory: Directory
  readonly members: Members
  /** A room was deleted. Connections of this worker were in it, and have left it. */
  readonly onClosed: (worker: number, room: RoomId) => void
}

export function followRooms({ directory, members, onClosed }: FollowRoomsOptions): ControlHandlers<RoomControl> {
  return {
    'room-defined': ({ room }) => directory.define(room),
    'room-deleted': ({ id }) => {
      const emptied = new Set(members.empty(id).map(({ worker }) => worker))
      directory.remove(id)
      for (const worker of emptied) onClosed(worker, id)
    },
  }
}
