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
import type { PurchasesOptions } from './purchases.ts'
import type { RewardsOptions } from './rewards.ts'

/** What is told to workers. */
export interface Workers {
  /** Does nothing if the worker has ended. */
  tell<Name extends keyof WorkerMethods>(worker: number, method: Name, args: WorkerMethods[Name]['args']): void
  /** Patches, behind all that the worker was told before. They are left out if it does not take what it is sent. */
  sendGameBlock(worker: number, block: Buffer): void
}

export interface PlacementLimits {
  /** Of this node. */
  readonly roomsMax: number
  readonly roomsPerHostMax: number
  /** Made by searches of one user, or of the guests of one address. */
  readonly roomsPerUserMax: number
  /** A host gives rooms away while it is busy for a larger share of its time than this, 0 to 1. */
  readonly balanceAbove: number
  /** Members of a room, those who watch included. */
  readonly roomCapacity: number
  /** How long a session may come back and hear how a room has ended. */
  readonly endedMs: number
  /** How long the journal of a room is kept whose game is not loaded. */
  readonly keepMs: number
}

/** Why a room goes on in another host: `start`: it was in an earlier life of the node. */
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
  readonly hub: Hub
  readonly commits: Pick<GroupCommit, 'append'>
  readonly journal: Journal
  /** When rooms of which it has journals were last known to live; undefined: there are none, or it is not known. */
  readonly lastBeat: Beat | undefined
  readonly recorder: Recorder
  readonly workers: Workers
  /** What a new seat of the user is given. */
  readonly holdingsOf: (user: UserId) => Promise<Holdings>
  readonly purchasesAfter: PurchasesOptions['purchasesAfter']
  readonly settle: RewardsOptions['settle']
  /** Of each room whether its match has ended and was paid. */
  readonly haveEnded: (rooms: readonly RoomId[]) => Promise<readonly boolean[]>
  /** What became of a request that something was thrown for; throws what is a defect. */
  readonly toRefusal: (thrown: unknown) => Refusal
  readonly limits: PlacementLimits
  readonly counts: PlacementCounts
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}
