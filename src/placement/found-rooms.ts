import type { RoomId } from '../protocol/ids.ts'
import type { RoomJournal } from '../store/journal.ts'
import type { KeptRecord, RoomCheckpoint } from './placed-room.ts'
import { decodeHead, type RoomHead } from './room-head.ts'

/** A room from before the node's start, read from its journal. */
export interface FoundRoom {
  readonly id: RoomId
  readonly head: RoomHead
  readonly checkpoint: RoomCheckpoint
  /** The records after the checkpoint. */
  readonly records: readonly KeptRecord[]
  /** The users who had a seat at the checkpoint. */
  readonly users: ReadonlySet<string>
  /** The room's clock at the checkpoint. Undefined if it is not known. */
  readonly nowMs: number | undefined
}

/** `unborn` means that the host died while the room was being made, so nobody was told of the room. */
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

/** Returns the users who had a seat in a room that is not to go on. */
export function usersOf({ checkpoint }: RoomJournal): ReadonlySet<string> {
  return checkpoint ? aboutOf(Buffer.from(checkpoint.bytes).toString()).users : new Set()
}

/**
 * Reads what can be read from a checkpoint here. Only hosts understand checkpoints, so this is what is assumed until a host has
 * restored the room.
 */
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
