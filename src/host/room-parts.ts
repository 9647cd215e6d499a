import type { Game } from '../games/define.ts'
import type { Entry } from '../games/entries.ts'
import type { GameRun } from '../games/run.ts'
import type { TakenSeat } from '../games/seats.ts'
import type { EntryQueue, Waiting } from './entry-queue.ts'
import type { FailureLog } from './failure-log.ts'
import type { InputLimits } from './input-limits.ts'
import type { RecentEntries } from './recent-entries.ts'
import type { RoomServices } from './room-services.ts'
import type { RoomViews } from './room-views.ts'
import type { Seating } from './seating.ts'
import type { Tasks } from './tasks.ts'

/** The parts of a room, for functions that work with it. */
export interface RoomParts {
  readonly handle: number
  readonly game: Game
  readonly run: GameRun
  readonly services: RoomServices
  readonly seating: Seating
  readonly queue: EntryQueue
  readonly views: RoomViews
  readonly limits: InputLimits
  readonly recent: RecentEntries
  readonly failures: FailureLog
  readonly tasks: Tasks
  readonly latenessMs: number
  /** Whether the room is over or goes on in another host. */
  readonly isClosed: boolean
  /** The seat of a user or a bot. */
  seatOf(user: string): TakenSeat | undefined
  /** Lets an entry enter the room in its next tick. */
  push(waiting: Waiting): void
  /** Does the same for entries whose outcome nobody waits for. */
  pushAll(entries: readonly Entry[]): void
  /** Reports that a callback outside of a step failed. Returns the trace id in its line of the log. */
  failed(callback: string, error: unknown): string
}
