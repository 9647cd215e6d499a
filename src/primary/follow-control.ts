import { readControl, type Control } from '../hub/control.ts'
import type { Hub } from '../hub/hub.ts'
import type { Registry } from '../connections/registry.ts'
import type { WorkerLinks } from '../processes/workers.ts'
import type { Members } from '../rooms/members.ts'
import type { Rooms } from '../rooms/rooms.ts'

export interface FollowOptions {
  readonly hub: Hub
  readonly rooms: Rooms
  readonly members: Members
  readonly registry: Registry
  readonly workers: Pick<WorkerLinks, 'tell' | 'tellAll'>
}

/** Does on this node what the log says to all nodes, whichever of them REST had asked. */
export function followControl({ hub, rooms, members, registry, workers }: FollowOptions): void {
  const follow = (control: Control): void => {
    switch (control.kind) {
      case 'room-defined':
        rooms.define(control.room)
        return
      case 'room-deleted': {
        const emptied = new Set(members.empty(control.id).map(({ worker }) => worker))
        rooms.remove(control.id)
        for (const worker of emptied) workers.tell(worker, 'roomClosed', { room: control.id })
        return
      }
      case 'kicked':
        for (const id of control.ids) {
          const connection = registry.get(id)
          if (connection && registry.isHere(connection)) workers.tell(connection.worker, 'kick', { connectionId: id })
        }
        return
      case 'good-changed':
        workers.tellAll('goodChanged', { id: control.id })
    }
  }
  hub.takeControl((body) => {
    const control = readControl(body)
    if (control) follow(control)
  })
}
