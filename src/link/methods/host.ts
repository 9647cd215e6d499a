import type { SeatSeen } from '../../protocol/shapes/games.ts'
import type { JsonValue } from '../../protocol/events.ts'
import type { LogLevel, LogPart } from '../../protocol/log-levels.ts'
import type { Receipt } from '../../protocol/shapes/shop.ts'
import type { Method } from './method.ts'
import type { RoomEntry, RoomInspection } from './room-inspection.ts'

/**
 * What the primary asks of a host, the process that runs the games of rooms. `handle` is the number of a room, and `viewer` that
 * of a connection in it.
 */
export type HostMethods = {
  /** The first message on the link, sent once. */
  welcome: Method<HostWelcome, null>
  /** Makes a room. Errors: those of its game, GAME_FAILED, GAME_NOT_FOUND, BAD_REQUEST (its options), OVERLOADED. */
  open: Method<OpenRoom, OpenedRoom>
  /**
   * Continues a room that another host had, from its checkpoint and the records after it. The connections in it have to `enter`
   * again, with `isBack`. If a user has no connection after some seconds, the user's seat is dropped.
   */
  restore: Method<RestoreRoom, RestoredRoom>
  /**
   * Tests whether the room could continue here: does the same as `restore`, then runs the next ticks of its game without input.
   * Nobody else notices it. Errors: GAME_NOT_FOUND, and GAME_FAILED, which tells the author of the game what is wrong.
   */
  rehearse: Method<RestoreRoom, null>
  /** A connection enters the room. It takes its user's seat, finds it again, or watches. */
  enter: Method<EnterRoom, EnteredSeat>
  /** A connection is gone. If it was the last one of its user, the user's seat is held. */
  exit: Method<{ readonly handle: number; readonly viewer: number }, null>
  /** The user gives up the seat, with all connections. */
  leave: Method<{ readonly handle: number; readonly viewer: number }, null>
  input: Method<RoomInput, InputResult>
  /** Makes an input in the name of a user who has a seat, for the REST interface. */
  inputAs: Method<UserInput, InputResult>
  /** Gives a seat to a bot of this kind, for the REST interface. Errors: those of the game, BAD_REQUEST, ROOM_FULL. */
  addBot: Method<{ readonly handle: number; readonly bot: string }, AddedBot>
  /** Ends the seat of a bot, for the REST interface. Errors: NOT_FOUND. */
  removeBot: Method<{ readonly handle: number; readonly seat: string }, null>
  /** Ends a seat, for the REST interface. */
  kick: Method<{ readonly handle: number; readonly user: string; readonly why: string }, null>
  /** The room as the connection sees it now. It replaces the state that the connection has. */
  snapshot: Method<{ readonly handle: number; readonly viewer: number }, EnteredRoom>
  /** A patch for one connection, from the tick that it has. A snapshot instead if that is smaller or if there is no patch. */
  catchUp: Method<{ readonly handle: number; readonly viewer: number; readonly base: number }, CatchUp>
  /** The last entries of the room, the newest first, for the REST interface. */
  entries: Method<{ readonly handle: number; readonly limit: number }, { readonly items: readonly RoomEntry[] }>
  /** For the REST interface. */
  inspect: Method<{ readonly handle: number }, RoomInspection>
  /**
   * Tells what the user of a seat has bought, in the order of the ledger. Purchases that the seat has already are ignored.
   * NOT_IN_ROOM if there is no seat.
   */
  bought: Method<BoughtInRoom, HeardPurchases>
  /** Ends the room, after all its seats have left. */
  end: Method<{ readonly handle: number }, null>
  /**
   * Stops a room after its next tick, so that it can continue elsewhere from the checkpoint in the answer. Inputs that wait here
   * are refused with OVERLOADED. After the answer, this host sends nothing more of the room.
   */
  release: Method<{ readonly handle: number }, ReleasedRoom>
  /** Runs all rooms to the end of their tick, sends their checkpoints, and then nothing more. */
  drain: Method<{ readonly withinMs: number; readonly graceMs: number }, null>
  ping: Method<null, null>
  logLevel: Method<{ readonly part: LogPart; readonly level: LogLevel | null }, null>
  metrics: Method<null, { readonly metrics: unknown }>
}

/** What a host tells the primary. Journals and patches come in blocks: see `game-block.ts`. */
export type OfHostMethods = {
  /** The games of this host cannot be loaded. `mistakes` has a line for each reason. The host ends. */
  unfit: Method<{ readonly mistakes: readonly string[]; readonly files: readonly LoadedFile[] }, null>
  /** The games are loaded. */
  listening: Method<
    {
      readonly games: readonly GameInfo[]
      readonly sources: readonly GameSource[]
      readonly files: readonly LoadedFile[]
    },
    null
  >
  /**
   * What a tick said in addition to patches. It comes after the block with that tick. A room that continues from a checkpoint
   * repeats what it said after it, and the primary drops what belongs to ticks that it has heard of.
   */
  said: Method<{ readonly handle: number; readonly tick: number; readonly effects: readonly RoomEffect[] }, null>
  /** The seats, the listing or the lock of a room changed. */
  listed: Method<{ readonly handle: number; readonly listing: RoomListing }, null>
  /** The whole room at the end of a tick. Older records of its journal are no longer needed. */
  checkpoint: Method<{ readonly handle: number; readonly tick: number; readonly checkpoint: string }, null>
  /** The room is over. Nothing more of it follows. */
  over: Method<{ readonly handle: number; readonly ending: RoomEnding }, null>
  /** A callback of a game failed. Failures that are left out of the log, because there are too many, are not told either. */
  failed: Method<GameFailure, null>
  /** The share of the last second in which callbacks ran, from 0 to 1. The primary places rooms by it. */
  load: Method<{ readonly busy: number; readonly rooms: number; readonly costly: readonly CostlyRoom[] }, null>
}

/** A room that takes much of its host's time. */
export interface CostlyRoom {
  readonly handle: number
  /** Its share of the host's time, from 0 to 1, averaged over some seconds. */
  readonly share: number
}

export interface HostWelcome {
  /** See `LINK_VERSION`. */
  readonly linkVersion: string
  readonly host: number
  /** The configuration in force: see `encodeConfig`. */
  readonly config: string
  /**
   * The origin of the clock of rooms: see `createUnixTime`. All hosts of a node have the same one, so that a room that moves to
   * another host keeps its time.
   */
  readonly clockOriginMs: number
}

/** A file or folder of games: those that GAMES names, and everything that they import. */
export interface LoadedFile {
  readonly file: string
  /** The state of the file when it was read: see `fileStamp`. */
  readonly stamp: string
}

/** Where a game was loaded from. */
export interface GameSource {
  readonly name: string
  readonly file: string
  /** A hash of the contents of the file and of everything that it imports, without packages and Drumbeat itself. */
  readonly code: string
}

export interface GameFailure {
  readonly handle: number
  readonly game: string
  /** Such as `on.fire`, `tick`, `view`. */
  readonly callback: string
  readonly tick: number
  /** The message of the error that was thrown. */
  readonly message: string
  /** The place in the author's files, such as `arena.ts:12:5`. Null if it is not known. */
  readonly place: string | null
  readonly traceId: string
}

/** Describes a game, for listings and for choosing a host. */
export interface GameInfo {
  readonly name: string
  readonly version: number
  readonly hz: number
  readonly seats: {
    readonly min: number
    readonly max: number
    readonly holdMs: number
    readonly lateJoin: boolean
    readonly spectators: boolean
    readonly guests: boolean
    readonly fill: { readonly afterMs: number; readonly bot: string; readonly to: number } | null
    readonly standIn: string | null
  }
  readonly maxMs: number | null
  /**
   * Describes the options with which a room is made: see `TypeDescription`. Null if the game accepts anything, or only the game
   * knows.
   */
  readonly options: JsonValue
  readonly inputs: readonly string[]
  readonly events: readonly string[]
  readonly bots: readonly string[]
  /** Whether its rooms are recorded. */
  readonly record: boolean
  /** Whether the game has a callback `bought`. */
  readonly hearsPurchases: boolean
}

export interface OpenRoom {
  readonly handle: number
  readonly roomId: string
  readonly game: string
  readonly options: JsonValue
  readonly seed: number
  /** By the clock of rooms. Tick 0 happens then, or up to one tick later, because the host spreads its rooms. */
  readonly startMs: number
}

/** The host sends a checkpoint of tick 0 before this answer. */
export interface OpenedRoom {
  /** The time of tick 0: see `OpenRoom`. */
  readonly startMs: number
}

export interface RestoreRoom {
  readonly handle: number
  readonly checkpoint: string
  /** Records of the journal, in order: see `encodeTick`. */
  readonly records: readonly Uint8Array[]
  /** Whether the records were made by another version of the game's code, which may have come to other states. */
  readonly isOtherCode?: boolean
  /**
   * The room was in an earlier life of its node, which ended then, by the clock of rooms. Its time stands still from there until now: what a client may
   * have seen by then comes first, then a tick that says how long it was. Seats are held from now on.
   */
  readonly awaySinceMs?: number
}

export interface RestoredRoom {
  /** Of players. */
  readonly seats: readonly RestoredSeat[]
}

export interface RestoredSeat {
  readonly user: string
  /** The last entry of the player's ledger that the seat has. */
  readonly ledgerEntry: number
}

export interface ReleasedRoom {
  readonly tick: number
  readonly checkpoint: string
}

export interface EnterRoom {
  readonly handle: number
  readonly viewer: number
  readonly user: string
  readonly isGuest: boolean
  readonly as: 'player' | 'spectator'
  /** What the user owns. Empty for a spectator. */
  readonly inventory: Readonly<Record<string, number>>
  /** The last entry of the user's ledger that the inventory includes. 0 if there is none. */
  readonly ledgerEntry: number
  /** The connection had a seat when it was lost. If that seat has ended, it is refused and gets no new one. */
  readonly isBack: boolean
  /** `binary` if patches are sent as bytes. */
  readonly encoding: 'json' | 'binary'
}

export interface EnteredSeat extends EnteredRoom {
  /** The last entry of the player's ledger that the seat includes. 0 for a spectator. */
  readonly ledgerEntry: number
}

export interface BoughtInRoom {
  readonly handle: number
  readonly user: string
  /**
   * The last entry of the user's ledger that the seat was known to include. There is no purchase between it and the first of
   * these.
   */
  readonly after: number
  readonly purchases: readonly Purchase[]
}

/** A receipt, and the number of its entry in the player's ledger. */
export interface Purchase {
  readonly receipt: Receipt
  readonly ledgerEntry: number
}

export interface HeardPurchases {
  /** The last entry that the seat includes now. */
  readonly ledgerEntry: number
}

export interface EnteredRoom extends RoomSnapshot {
  readonly name: string
  readonly version: number
  /** Null if the user only watches. */
  readonly seat: string | null
  /** Whether the user had no seat, and got this one now. */
  readonly isNewSeat: boolean
  /** Milliseconds between two ticks. 0 if the room ticks only when something comes in. */
  readonly tickMs: number
  readonly startMs: number
  /** Describes the state: see `TypeDescription`. */
  readonly types: JsonValue
  /** The order never changes, because a binary client names an input by its index in this list. */
  readonly inputs: readonly InputKind[]
}

/** An input that a game accepts. */
export interface InputKind {
  readonly name: string
  /** Describes its value: see `TypeDescription`. Null if only the game knows. Binary clients then send JSON text. */
  readonly type: JsonValue
  /** `latest`: only the newest of the inputs that wait for one tick counts, and a client need not wait for its reply. */
  readonly keep: 'all' | 'latest'
}

/** Seats by id. */
export type SeatsSeen = Readonly<Record<string, SeatSeen>>
export type { SeatChanges } from '../../protocol/shapes/games.ts'

/** What one connection sees. */
export interface RoomSnapshot {
  readonly seats: SeatsSeen
  /** The number of the view. Connections with the same number see the same and share patches: see `game-block.ts`. */
  readonly view: number
  /** The tick from which the next patch starts. */
  readonly tick: number
  /** JSON text. */
  readonly state: string
  readonly hash: number
}

/** `current` means that the connection has the newest state. `patch` is a whole frame, like those of `game-block.ts`. */
export type CatchUp =
  | { readonly kind: 'current'; readonly tick: number; readonly view: number }
  | { readonly kind: 'patch'; readonly patch: Uint8Array; readonly tick: number; readonly view: number }
  | ({ readonly kind: 'snapshot' } & RoomSnapshot)

export interface RoomInput {
  readonly handle: number
  readonly viewer: number
  readonly name: string
  /** A JSON value, or a Uint8Array that a binary client encoded by the input's type and that was not decoded on the way. */
  readonly input: unknown
  /** Grows with each input. Null if the client does not count its inputs. */
  readonly seq: number | null
}

export interface UserInput {
  readonly handle: number
  readonly user: string
  readonly name: string
  readonly input: unknown
}

/** If the game refuses the input or fails, the call is answered with a Refusal instead. */
export interface InputResult {
  readonly tick: number
  /** Null if the game replied nothing. */
  readonly value: JsonValue
}

export interface AddedBot {
  readonly seat: string
  readonly tick: number
}

export interface RoomListing {
  /** The number of taken seats, including those of bots. */
  readonly seats: number
  /** How many of them belong to bots. */
  readonly bots: number
  /** How many of these bots give way to a new player. */
  readonly yielding: number
  readonly isLocked: boolean
  /** What the game says of the room for searches. */
  readonly listing: JsonValue
}

export type RoomEffect =
  /** From the next patch on, the connection gets those of another view. */
  | { readonly kind: 'view'; readonly viewer: number }
  | { readonly kind: 'say'; readonly to: string; readonly data: JsonValue }
  /** The seat of a user ended. If it was `kicked`, its connections leave the room. */
  | { readonly kind: 'left'; readonly user: string; readonly why: string }
  /** Ticks are late by more than a second, or on time again. */
  | { readonly kind: 'status'; readonly status: 'paused' | 'running'; readonly tick: number }

export interface RoomEnding {
  readonly why: string
  readonly tick: number
  readonly result: JsonValue
  readonly rewards: readonly { readonly user: string; readonly currency: string; readonly amount: number }[]
}
