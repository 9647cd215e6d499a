import { decodeRecord } from '../store/json-records.ts'
import type { RoomDefinition } from '../domain/room.ts'
import type { Rooms } from '../rooms/rooms.ts'
import { listAll } from '../store/list-all.ts'
import type { Store } from '../store/store.ts'

const ROOM_PREFIX = 'room/'

export function roomKey(id: string): string {
  return `${ROOM_PREFIX}${id}`
}

/** Defines the rooms that REST made before this process started. */
export async function loadRooms(store: Store, rooms: Rooms): Promise<void> {
  for await (const record of listAll(store, ROOM_PREFIX)) rooms.define(decodeRecord(record) as RoomDefinition)
}
