import type { ErrorBody } from '../../protocol/errors.ts'
import type { JsonValue } from '../../protocol/events.ts'

export interface RoomInspection {
  readonly tick: number
  /** How late the last tick was, in milliseconds. */
  readonly latenessMs: number
  readonly seats: readonly RoomSeat[]
  readonly spectators: number
  readonly isLocked: boolean
  readonly state: JsonValue
}

export interface RoomSeat {
  readonly user: string
  readonly isConnected: boolean
  readonly bot: string | null
  /** The kind of bot that plays while the player is gone. Null if the player or nobody plays, or if it is the seat of a bot. */
  readonly standIn: string | null
  /** Whether it is a bot that gives way to a player. */
  readonly fills: boolean
  readonly team: string | null
  /**
   * When the seat of an absent player ends. By the clock of rooms, or by the wall clock in what the primary returns. Null if the
   * player is present.
   */
  readonly heldUntilMs: number | null
}

/** An entry of the room, described for its readers. */
export interface EntryFacts {
  readonly kind:
    | 'join'
    | 'drop'
    | 'back'
    | 'leave'
    | 'input'
    | 'bought'
    | 'task'
    | 'failed-task'
    | 'bot'
    | 'moved'
    | 'returned'
    | 'end'
  /** Null if the entry belongs to no user. */
  readonly user: string | null
  /** The name of an input, good, task or kind of bot, or the reason why a seat or the room ended. */
  readonly name: string | null
  /** An input, a receipt, or the result of a task. */
  readonly data: JsonValue
}

/** An entry, and what became of it. */
export interface RoomEntry extends EntryFacts {
  /** Numbers the entries of the room in this host. */
  readonly number: number
  /** By the clock of rooms, or by the wall clock in what the primary returns. */
  readonly atMs: number
  /** The tick in which it entered. For an input that was refused before that, the last tick at that time. */
  readonly tick: number
  /** Null if it was carried out. */
  readonly error: ErrorBody | null
}
