import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Registry } from '../connections/registry.ts'
import type { GroupCommit } from '../hub/group-commit.ts'
import type { Hub } from '../hub/hub.ts'
import type { WorkerMethods } from '../link/methods/worker.ts'
import type { Refusal } from '../protocol/errors.ts'
import type { RoomId, UserId } from '../protocol/ids.ts'
import type { Directory } from '../rooms/directory.ts'
import type { Recorder } from '../recordings/recorder.ts'
import type { Members } from '../rooms/members.ts'
import type { RoomService } from '../rooms/service.ts'
import type { Beat, Journal } from '../store/journal.ts'
import type { Holdings } from './holdings.ts'
import type { Owners } from './owners.ts'
import type { PurchasesOptions } from './purchases.ts'
import type { RewardsOptions } from './rewards.ts'

/** Sends messages to workers. */
export interface Workers {
  /** Does nothing if the worker has ended. */
  tell<Name extends keyof WorkerMethods>(worker: number, method: Name, args: WorkerMethods[Name]['args']): void
  /**
   * Sends patches, after everything that the worker was told before. They are dropped if the worker does not read what it is
   * sent.
   */
  sendGameBlock(worker: number, block: Buffer): void
}

export interface PlacementLimits {
  /** How many rooms this node may have. */
  readonly roomsMax: number
  readonly roomsPerHostMax: number
  /** How many rooms the searches of one user, or of the guests of one address, may have made. */
  readonly roomsPerUserMax: number
  /** How many seats of guests of one address are held while they are away. */
  readonly heldSeatsPerAddressMax: number
  /** A host that is busy for a larger share of its time than this gives rooms away, 0 to 1. */
  readonly balanceAbove: number
  /** How many members a room may have, spectators included. */
  readonly roomCapacity: number
  /** How long a session may come back and hear how a room has ended. */
  readonly endedMs: number
  /** How long the journal of a room is kept if its game is not loaded. */
  readonly keepMs: number
}

/** Why a host restores a room. `start` means that the room is from before the node's start. */
export type Why = 'crash' | 'move' | 'start'

/** What is counted of rooms with games. */
export interface PlacementCounts {
  readonly onJournal: (bytes: number) => void
  readonly onRestored: (how: Why) => void
  readonly onEnded: (why: string) => void
  readonly onReward: (outcome: 'paid' | 'unpaid') => void
}

export interface PlacementOptions {
  readonly registry: Registry
  readonly directory: Directory
  readonly members: Members
  readonly roomService: RoomService
  readonly owners: Owners
  readonly hub: Hub
  readonly commits: Pick<GroupCommit, 'append'>
  readonly journal: Journal
  /** When the rooms of the journals were last known to be alive. Undefined if there are none, or if it is not known. */
  readonly lastBeat: Beat | undefined
  readonly recorder: Recorder
  readonly workers: Workers
  /** Reads what a new seat of the user is given. */
  readonly holdingsOf: (user: UserId) => Promise<Holdings>
  readonly purchasesAfter: PurchasesOptions['purchasesAfter']
  readonly settle: RewardsOptions['settle']
  /** Returns for each room whether its match has ended and was paid. */
  readonly haveEnded: (rooms: readonly RoomId[]) => Promise<readonly boolean[]>
  /** Turns what was thrown for a request into a refusal. Throws if it is a defect. */
  readonly toRefusal: (thrown: unknown) => Refusal
  readonly limits: PlacementLimits
  readonly counts: PlacementCounts
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}
