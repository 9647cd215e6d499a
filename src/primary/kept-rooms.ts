import { decodeRecord } from '../store/json-records.ts'
import type { RoomDefinition } from '../domain/room.ts'
import type { Rooms } from '../rooms/rooms.ts'
import type { Store } from '../store/store.ts'

const ROOM_PREFIX = 'room/'
const PAGE = 1000

export function roomKey(id: string): string {
  return `${ROOM_PREFIX}${id}`
}

/** Defines the rooms that REST made before this process started. */
export async function loadRooms(store: Store, rooms: Rooms): Promise<void> {
  let after = ROOM_PREFIX
  for (;;) {
    const records = await store.list(ROOM_PREFIX, { after, limit: PAGE })
    for (const record of records) rooms.define(decodeRecord(record) as RoomDefinition)
    const last = records.at(-1)
    if (records.length < PAGE || !last) return
    after = last.key
  }
}
