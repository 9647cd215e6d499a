import type { JsonValue } from '../protocol/events.ts'
import type { Namespace } from '../protocol/ids.ts'
import { HEAD_TICK, type JournalEntry } from '../store/journal.ts'
import type { KeptPassword } from './passwords.ts'
import type { PlacedRoom } from './placed-room.ts'

/** What of a room is not in its checkpoints, and does not change while it lives, but for the lock. */
export interface RoomHead {
  readonly game: string
  readonly namespace: Namespace
  readonly options: JsonValue
  readonly seed: number
  readonly startMs: number
  readonly password: KeptPassword | null
  /** Whoever made the room has locked it. */
  readonly isLocked: boolean
}

/** What is first in a head, so that a later version knows what it reads. */
const FORMAT = 1

/** The head of the room's journal, as the room is now. */
export function headOf({ id, namespace, opened, password, isLockedByMaker }: PlacedRoom): JournalEntry {
  const { game, options, seed, startMs } = opened
  const head: RoomHead = {
    game,
    namespace,
    options,
    seed,
    startMs,
    password: password?.kept ?? null,
    isLocked: isLockedByMaker,
  }
  return { room: id, tick: HEAD_TICK, bytes: Buffer.from(JSON.stringify([FORMAT, head])) }
}

/** Returns undefined if it is none that this version reads. */
export function decodeHead(bytes: Uint8Array): RoomHead | undefined {
  try {
    const [format, head] = JSON.parse(Buffer.from(bytes).toString()) as [unknown, RoomHead]
    return format === FORMAT ? head : undefined
  } catch {
    return undefined
  }
}
