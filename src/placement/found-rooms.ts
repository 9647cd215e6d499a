import type { RoomId } from '../protocol/ids.ts'
import type { RoomJournal } from '../store/journal.ts'
import type { KeptRecord, RoomCheckpoint } from './placed-room.ts'
import { decodeHead, type RoomHead } from './room-head.ts'

/** A room of an earlier life of the node, as its journal has it. */
export interface FoundRoom {
  readonly id: RoomId
  readonly head: RoomHead
  readonly checkpoint: RoomCheckpoint
  /** Those behind the checkpoint. */
  readonly records: readonly KeptRecord[]
  /** Who had a seat at the checkpoint. */
  readonly users: ReadonlySet<string>
  /** The room's clock at the checkpoint; undefined if that is not known. */
  readonly nowMs: number | undefined
}

/** `unborn`: its host died while the room was made, and nobody was told of it. */
export type NotFound = 'unborn' | 'without a head' | 'without a checkpoint' | 'of another version of Drumbeat'

export function foundRoom(id: RoomId, journal: RoomJournal): FoundRoom | NotFound {
  const { head: headBytes, checkpoint, records } = journal
  if (!checkpoint) return headBytes ? 'without a checkpoint' : 'unborn'
  if (!headBytes) return checkpoint.tick === 0 && records.length === 0 ? 'unborn' : 'without a head'
  const head = decodeHead(headBytes)
  if (!head) return 'of another version of Drumbeat'
  const text = Buffer.from(checkpoint.bytes).toString()
  const kept = records.map(({ tick, bytes }) => ({ tick, bytes }))
  return { id, head, checkpoint: { tick: checkpoint.tick, text }, records: kept, ...aboutOf(text) }
}

/** Who had a seat, of a room that is not to go on. */
export function usersOf({ checkpoint }: RoomJournal): ReadonlySet<string> {
  return checkpoint ? aboutOf(Buffer.from(checkpoint.bytes).toString()).users : new Set()
}

/** A checkpoint is its host's, and only the host that goes on from it says what is so: this is what it is taken to be until then. */
function aboutOf(text: string): Pick<FoundRoom, 'users' | 'nowMs'> {
  try {
    const { seats, nowMs } = JSON.parse(text) as { readonly seats?: unknown; readonly nowMs?: unknown }
    const users = (Array.isArray(seats) ? seats : []).flatMap((seat: { id?: unknown; bot?: unknown }) =>
      typeof seat.id === 'string' && seat.bot === undefined ? [seat.id] : [],
    )
    return { users: new Set(users), nowMs: typeof nowMs === 'number' ? nowMs : undefined }
  } catch {
    return { users: new Set(), nowMs: undefined }
  }
}
