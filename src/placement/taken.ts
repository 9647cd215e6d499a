import type { RoomId } from '../protocol/ids.ts'
import type { Endings } from './endings.ts'
import type { Entrances } from './entrances.ts'
import type { Moves } from './moves.ts'
import type { PlacementOptions } from './parts.ts'
import type { PlacedRooms } from './rooms.ts'

export interface TakenOptions extends Pick<PlacementOptions, 'owners' | 'log'> {
  readonly rooms: PlacedRooms
  readonly moves: Moves
  readonly endings: Endings
  readonly entrances: Entrances
}

/** Another node has taken a room of this one, which had lost its place in the cluster: here it stops, and says nothing more. */
export function followTaken({ owners, rooms, moves, endings, entrances, log }: TakenOptions): void {
  const take = async (id: RoomId) => {
    const room = rooms.get(id)
    // One that is being ended is over before it could run elsewhere.
    if (!room || room.phase === 'ending') return
    log.error({ room: id, tick: room.tick }, 'another node has taken a room of this node, which stops it')
    await moves.release(room)
    if (rooms.get(id) !== room) return
    for (const viewer of room.viewers.all) entrances.putOut(room, viewer, 'moved')
    await endings.taken(room, owners.refusal(id))
  }
  owners.plugIn((id) => void take(id))
}
