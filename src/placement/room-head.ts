import type { JsonValue } from '../protocol/events.ts'
import type { Namespace } from '../protocol/ids.ts'
import { HEAD_TICK, type JournalEntry } from '../store/journal.ts'
import type { KeptPassword } from './passwords.ts'
import type { PlacedRoom } from './placed-room.ts'

/** What is known of a room beside its checkpoints. Only the lock can change while the room lives. */
export interface RoomHead {
  readonly game: string
  readonly namespace: Namespace
  readonly options: JsonValue
  readonly seed: number
  readonly startMs: number
  readonly password: KeptPassword | null
  /** Whether the maker of the room has locked it. */
  readonly isLocked: boolean
  /** See `PlacedRoom.madeBy`. Absent if nobody has made it, or an earlier version of Drumbeat has written the head. */
  readonly madeBy?: string | undefined
}

/** The version of the format, first in each head, so that a later version of Drumbeat can recognise it. */
const FORMAT = 1

/** The head of the room's journal, as the room is now. */
export function headOf({ id, namespace, opened, password, isLockedByMaker, madeBy }: PlacedRoom): JournalEntry {
  const { game, options, seed, startMs } = opened
  const head: RoomHead = {
    game,
    namespace,
    options,
    seed,
    startMs,
    password: password?.kept ?? null,
    isLocked: isLockedByMaker,
    madeBy,
  }
  return { room: id, tick: HEAD_TICK, bytes: Buffer.from(JSON.stringify([FORMAT, head])) }
}

/** Returns undefined if the bytes are no head that this version can read. */
export function decodeHead(bytes: Uint8Array): RoomHead | undefined {
  try {
    const [format, head] = JSON.parse(Buffer.from(bytes).toString()) as [unknown, RoomHead]
    return format === FORMAT ? head : undefined
  } catch {
    return undefined
  }
}
