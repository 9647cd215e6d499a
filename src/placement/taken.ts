import { Refusal } from '../protocol/errors.ts'
import type { RoomId } from '../protocol/ids.ts'
import type { Endings } from './endings.ts'
import type { Entrances } from './entrances.ts'
import type { Moves } from './moves.ts'
import type { PlacementOptions } from './parts.ts'
import type { RoomJournals } from './room-journals.ts'
import type { PlacedRooms } from './rooms.ts'

export interface TakenOptions extends Pick<PlacementOptions, 'owners' | 'log'> {
  readonly rooms: PlacedRooms
  readonly moves: Moves
  readonly endings: Endings
  readonly entrances: Entrances
  readonly journals: RoomJournals
}

/** Another node has taken a room of this one, which had lost its place in the cluster: here it stops, and says nothing more. */
export function followTaken({ owners, rooms, moves, endings, entrances, journals, log }: TakenOptions): void {
  const take = async (id: RoomId) => {
    const room = rooms.get(id)
    // One that is being ended is over before it could run elsewhere.
    if (!room || room.phase === 'ending') return
    log.error({ room: id, tick: room.tick }, 'another node has taken a room of this node, which stops it')
    await moves.release(room)
    if (rooms.get(id) !== room) return
    for (const viewer of room.viewers.all) entrances.putOut(room, viewer, 'moved')
    endings.letGo(room, owners.refusal(id) ?? new Refusal('UNAVAILABLE', 'another node has the room'))
    await journals.delete(id)
  }
  owners.plugIn((id) => void take(id))
}
