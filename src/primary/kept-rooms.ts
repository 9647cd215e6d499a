import { decodeRecord } from '../store/json-records.ts'
import type { RoomDefinition } from '../domain/room.ts'
import type { Hub } from '../hub/hub.ts'
import type { Membership } from '../rooms/membership.ts'
import type { Rooms } from '../rooms/rooms.ts'
import { readControl } from './control.ts'
import type { WorkerLink } from './supervisor.ts'
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

export interface FollowOptions {
  readonly hub: Hub
  readonly rooms: Rooms
  readonly membership: Membership
  readonly linkOf: (worker: number) => WorkerLink | undefined
}

/** Defines and removes rooms as the log says, whichever node REST had asked. */
export function followRooms({ hub, rooms, membership, linkOf }: FollowOptions): void {
  hub.takeControl((body) => {
    const control = readControl(body)
    if (control?.kind === 'room-defined') rooms.define(control.room)
    if (control?.kind !== 'room-deleted') return
    const workers = new Set(membership.empty(control.id).map(({ worker }) => worker))
    rooms.remove(control.id)
    for (const worker of workers) linkOf(worker)?.tell('roomClosed', { room: control.id })
  })
}
