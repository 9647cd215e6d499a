import type { RoomId } from '../protocol/ids.ts'

/**
 * The port behind which the journals of rooms with games live. What may be relied on, of every adapter:
 *
 * - An append is written whole or not at all, and outlives the death of every process of this node.
 * - The records of a room are read in the order of their ticks; the record of tick 0 is the head, and stays as long as the room does.
 * - Calls take effect in the order in which they were made.
 * - A call that is done at once returns undefined; one that has to be waited for returns a promise.
 * - What fails throws, or rejects with, StoreUnavailable (nothing was done) or OutcomeUnknown (it may have been).
 */
export interface Journal {
  /** Rooms whose journals were not what was written when this was opened, and why: nothing is left of them. */
  readonly damaged: readonly { readonly room: RoomId; readonly reason: string }[]
  /** A second record of the same room and tick takes the place of the first. */
  append(records: readonly JournalEntry[]): Promise<void> | undefined
  /** Keeps the checkpoint in the place of an older one, and lets go of the records up to its tick, except for the head. */
  checkpoint(checkpoint: JournalEntry): Promise<void> | undefined
  /** The room is over: nothing of it is kept. */
  delete(room: RoomId): Promise<void> | undefined
  /** The rooms that have a journal, in the order of their ids. */
  rooms(): Promise<readonly RoomId[]>
  /** Returns undefined if the room has no journal. */
  read(room: RoomId): Promise<RoomJournal | undefined>
  beat(beat: Beat): Promise<void> | undefined
  /** What `beat` was told last, also by an earlier process; undefined: nothing. */
  lastBeat(): Promise<Beat | undefined>
  close(): Promise<void>
}

/** A record or a checkpoint of a room, at the end of a tick. */
export interface JournalEntry {
  readonly room: RoomId
  readonly tick: number
  readonly bytes: Uint8Array
}

/** Rooms lived. */
export interface Beat {
  /** By their clock. */
  readonly atMs: number
  /** Names the code that they ran on: other code may come from the same records to other states. */
  readonly code: string
}

export interface RoomJournal {
  /** How the room began; undefined if that was not written. */
  readonly head: Uint8Array | undefined
  readonly checkpoint: { readonly tick: number; readonly bytes: Uint8Array } | undefined
  /** Those behind the checkpoint, in order. */
  readonly records: readonly { readonly tick: number; readonly bytes: Uint8Array }[]
}

/** The tick of a journal's head. */
export const HEAD_TICK = 0
