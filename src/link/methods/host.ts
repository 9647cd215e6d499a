import type { SeatSeen } from '../../protocol/shapes/games.ts'
import type { ErrorBody } from '../../protocol/errors.ts'
import type { JsonValue } from '../../protocol/events.ts'
import type { LogLevel, LogPart } from '../../protocol/log-levels.ts'
import type { Receipt } from '../../protocol/shapes/shop.ts'
import type { Method } from './method.ts'

/** What the primary may ask of a host, which runs the games of rooms. A room is named by its `handle`, and a connection in it by its `viewer`. */
export type HostMethods = {
  /** Sent once, first. */
  welcome: Method<HostWelcome, null>
  /** Makes a room. Refused as its game refuses; GAME_FAILED, GAME_NOT_FOUND, BAD_REQUEST for its options, OVERLOADED. */
  open: Method<OpenRoom, OpenedRoom>
  /**
   * Goes on with a room that another host had: the checkpoint, then the records behind it. The connections in it have to `enter` again, with
   * `isBack`; the seat of a user who has none after some seconds is dropped.
   */
  restore: Method<RestoreRoom, null>
  /**
   * Tries, without a word to anybody, whether the room could go on here: as `restore`, then the next ticks of its game with nothing coming in.
   * GAME_NOT_FOUND; GAME_FAILED, which says to the author of the game what is wrong.
   */
  rehearse: Method<RestoreRoom, null>
  /** A connection comes into the room: it takes its user's seat, finds it again, or watches. */
  enter: Method<EnterRoom, EnteredSeat>
  /** A connection is gone: its user's seat is held if it was the last. */
  exit: Method<{ readonly handle: number; readonly viewer: number }, null>
  /** The user gives up the seat, with all connections. */
  leave: Method<{ readonly handle: number; readonly viewer: number }, null>
  input: Method<RoomInput, InputResult>
  /** An input in the name of a user who has a seat, for the REST interface. */
  inputAs: Method<UserInput, InputResult>
  /** Gives a seat to a bot of this kind; for the REST interface. Refused as its game refuses; BAD_REQUEST, ROOM_FULL. */
  addBot: Method<{ readonly handle: number; readonly bot: string }, AddedBot>
  /** Ends the seat of a bot; for the REST interface. NOT_FOUND. */
  removeBot: Method<{ readonly handle: number; readonly seat: string }, null>
  /** Ends a seat; for the REST interface. */
  kick: Method<{ readonly handle: number; readonly user: string; readonly why: string }, null>
  /** The room as the connection sees it now: what it has comes to nothing. */
  snapshot: Method<{ readonly handle: number; readonly viewer: number }, EnteredRoom>
  /** A patch for one connection, from the tick that it has, or a snapshot where that is smaller or all there is. */
  catchUp: Method<{ readonly handle: number; readonly viewer: number; readonly base: number }, CatchUp>
  /** What entered the room last, the newest first; for the REST interface. */
  entries: Method<{ readonly handle: number; readonly limit: number }, { readonly items: readonly RoomEntry[] }>
  /** For the REST interface. */
  inspect: Method<{ readonly handle: number }, RoomInspection>
  /**
   * What the user of a seat has bought, in the order of the ledger: so far as the seat has it already, it comes to nothing. Refused with NOT_IN_ROOM if
   * there is no seat.
   */
  bought: Method<BoughtInRoom, HeardPurchases>
  /** The room's seats leave, then it is over. */
  end: Method<{ readonly handle: number }, null>
  /**
   * Stops a room behind its next tick: it goes on from this checkpoint elsewhere. Inputs that wait here are refused with OVERLOADED;
   * nothing of the room leaves this host behind the answer.
   */
  release: Method<{ readonly handle: number }, ReleasedRoom>
  /** Runs its rooms to the end of the tick, tells the checkpoint of each, and says no more. */
  drain: Method<{ readonly withinMs: number; readonly graceMs: number }, null>
  ping: Method<null, null>
  logLevel: Method<{ readonly part: LogPart; readonly level: LogLevel | null }, null>
  metrics: Method<null, { readonly metrics: unknown }>
}

/** What a host tells the primary. Its blocks hold journals and patches: see `game-block.ts`. */
export type OfHostMethods = {
  /** Its games cannot be loaded, as this says: a line each. The host ends. */
  unfit: Method<{ readonly mistakes: readonly string[]; readonly files: readonly LoadedFile[] }, null>
  /** Its games are loaded. */
  listening: Method<{ readonly games: readonly GameInfo[]; readonly files: readonly LoadedFile[] }, null>
  /**
   * What a tick said beside patches, behind the block that it was in. A room that goes on from a checkpoint says again what it has said since:
   * what is of a tick that was heard of is left out by the primary.
   */
  said: Method<{ readonly handle: number; readonly tick: number; readonly effects: readonly RoomEffect[] }, null>
  /** Seats, listing or lock of a room are others now. */
  listed: Method<{ readonly handle: number; readonly listing: RoomListing }, null>
  /** All there is to know of the room at the end of a tick: what is older of its journal is not needed any more. */
  checkpoint: Method<{ readonly handle: number; readonly tick: number; readonly checkpoint: string }, null>
  /** The room is over: this was its last word. */
  over: Method<{ readonly handle: number; readonly ending: RoomEnding }, null>
  /** A callback of a game failed. Those of which there is no line in the log, as there are too many, are not told. */
  failed: Method<GameFailure, null>
  /** Share of the time in which callbacks ran in the last second, 0 to 1: rooms are placed by it. */
  load: Method<{ readonly busy: number; readonly rooms: number; readonly costly: readonly CostlyRoom[] }, null>
}

/** A room that takes much of its host's time. */
export interface CostlyRoom {
  readonly handle: number
  /** Share of the host's time, 0 to 1, averaged over some seconds. */
  readonly share: number
}

export interface HostWelcome {
  /** See `LINK_VERSION`. */
  readonly linkVersion: string
  readonly host: number
  /** The configuration in force: see `encodeConfig`. */
  readonly config: string
  /** Of the clock of rooms: see `createUnixTime`. All hosts of a node have the same, so that a room goes on in time in the next one. */
  readonly clockOriginMs: number
}

/** A file or folder of the games: those that GAMES names, and what they import. */
export interface LoadedFile {
  readonly file: string
  /** When it was read: see `fileStamp`. */
  readonly stamp: string
}

export interface GameFailure {
  readonly handle: number
  readonly game: string
  /** As `on.fire`, `tick`, `view`. */
  readonly callback: string
  readonly tick: number
  /** What was thrown. */
  readonly message: string
  /** Where in the author's files, as `arena.ts:12:5`; null if that is not known. */
  readonly place: string | null
  readonly traceId: string
}

/** A game, for listings and for those who choose a host. */
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
  /** A description of what a room is made with: see `TypeDescription`. null: anything, or only the game knows. */
  readonly options: JsonValue
  readonly inputs: readonly string[]
  readonly events: readonly string[]
  readonly bots: readonly string[]
  /** Whether it has `bought`. */
  readonly hearsPurchases: boolean
}

export interface OpenRoom {
  readonly handle: number
  readonly roomId: string
  readonly game: string
  readonly options: JsonValue
  readonly seed: number
  /** By the clock of rooms. Tick 0 is then, or up to one tick later: the host spreads its rooms. */
  readonly startMs: number
}

/** A checkpoint of tick 0 was told before. */
export interface OpenedRoom {
  /** Tick 0: see `OpenRoom`. */
  readonly startMs: number
}

export interface RestoreRoom {
  readonly handle: number
  readonly checkpoint: string
  /** Of the journal, in order: see `encodeTick`. */
  readonly records: readonly Uint8Array[]
  /** They were made by other code of the game, so that it may come to other states. */
  readonly isOtherCode?: boolean
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
  /** What the user owns; of a spectator nothing. */
  readonly inventory: Readonly<Record<string, number>>
  /** The last entry of the user's ledger that the inventory has; 0: none. */
  readonly ledgerEntry: number
  /** It had a seat when the connection was lost: without one it is refused, and takes no new one. */
  readonly isBack: boolean
  /** `binary`: patches as bytes. */
  readonly encoding: 'json' | 'binary'
}

export interface EnteredSeat extends EnteredRoom {
  /** The last entry of the player's ledger that the seat has; of a spectator 0. */
  readonly ledgerEntry: number
}

export interface BoughtInRoom {
  readonly handle: number
  readonly user: string
  /** The last entry of the user's ledger that the seat was known to have: between it and the first of these there is no purchase. */
  readonly after: number
  readonly purchases: readonly Purchase[]
}

/** A receipt, and its entry in the player's ledger. */
export interface Purchase {
  readonly receipt: Receipt
  readonly ledgerEntry: number
}

export interface HeardPurchases {
  /** The last entry that the seat has now. */
  readonly ledgerEntry: number
}

export interface EnteredRoom extends RoomSnapshot {
  readonly name: string
  readonly version: number
  /** null: watches. */
  readonly seat: string | null
  /** The seat was taken by this: the user had none. */
  readonly isNewSeat: boolean
  /** Milliseconds between two ticks; 0: it ticks when something comes in. */
  readonly tickMs: number
  readonly startMs: number
  /** A description of what the state is: see `TypeDescription`. */
  readonly types: JsonValue
  /** In an order that stays: a binary client names an input by its place here. */
  readonly inputs: readonly InputKind[]
}

/** An input that a game takes. */
export interface InputKind {
  readonly name: string
  /** A description of what it is: see `TypeDescription`. null: only its game knows, and binary clients send JSON text. */
  readonly type: JsonValue
  /** `latest`: of those that wait for the same tick only the newest counts, and a client need not wait for its reply. */
  readonly keep: 'all' | 'latest'
}

/** By the ids of seats. */
export type SeatsSeen = Readonly<Record<string, SeatSeen>>
export type { SeatChanges } from '../../protocol/shapes/games.ts'

/** What one connection sees. */
export interface RoomSnapshot {
  readonly seats: SeatsSeen
  /** Of the patches for those who see the same; see `game-block.ts`. */
  readonly view: number
  /** What the next patch starts from. */
  readonly tick: number
  /** JSON text. */
  readonly state: string
  readonly hash: number
}

/** `current`: the connection has all there is. `patch` is a whole frame, as those of `game-block.ts`. */
export type CatchUp =
  | { readonly kind: 'current'; readonly tick: number; readonly view: number }
  | { readonly kind: 'patch'; readonly patch: Uint8Array; readonly tick: number; readonly view: number }
  | ({ readonly kind: 'snapshot' } & RoomSnapshot)

export interface RoomInput {
  readonly handle: number
  readonly viewer: number
  readonly name: string
  /** What JSON can carry; or a Uint8Array, which a binary client has coded by the input's type, and which nobody has looked into. */
  readonly input: unknown
  /** Counts up; null: the client does not count. */
  readonly seq: number | null
}

export interface UserInput {
  readonly handle: number
  readonly user: string
  readonly name: string
  readonly input: unknown
}

/** What the author's refusals and failures say is in the Refusal of the call. */
export interface InputResult {
  readonly tick: number
  /** null: none. */
  readonly value: JsonValue
}

export interface AddedBot {
  readonly seat: string
  readonly tick: number
}

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
  /** The kind of bot that plays while the player is gone; null: the player does, or nobody, or it is the seat of a bot. */
  readonly standIn: string | null
  /** It is a bot that gives way to a player. */
  readonly fills: boolean
  readonly team: string | null
  /** When the seat of a player who is gone ends, by the clock of rooms; in what the primary tells, by the wall clock. null: the player is here. */
  readonly heldUntilMs: number | null
}

/** What an entry is, for whoever reads it. */
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
    | 'end'
  /** null: it is of no user. */
  readonly user: string | null
  /** Of an input, a good, a task, a kind of bot; why a seat or the room ends. */
  readonly name: string | null
  /** An input, a receipt, what a task came to. */
  readonly data: JsonValue
}

/** An entry, and what became of it. */
export interface RoomEntry extends EntryFacts {
  /** Counts the entries of the room in this host. */
  readonly number: number
  /** By the clock of rooms; in what the primary tells, by the wall clock. */
  readonly atMs: number
  /** In which it entered. Of an input that was refused before: the last one by then. */
  readonly tick: number
  /** null: it was done. */
  readonly error: ErrorBody | null
}

export interface RoomListing {
  /** Seats that are taken, bots among them. */
  readonly seats: number
  /** How many of them are bots'. */
  readonly bots: number
  /** How many of these give way to a player who comes. */
  readonly yielding: number
  readonly isLocked: boolean
  /** What the game says of it. */
  readonly listing: JsonValue
}

export type RoomEffect =
  /** The connection sees another view from the next patch on. */
  | { readonly kind: 'view'; readonly viewer: number }
  | { readonly kind: 'say'; readonly to: string; readonly data: JsonValue }
  /** A user's seat ended: with `kicked` the connections leave the room. */
  | { readonly kind: 'left'; readonly user: string; readonly why: string }
  /** Ticks are late by more than a second, or on time again. */
  | { readonly kind: 'status'; readonly status: 'paused' | 'running'; readonly tick: number }

export interface RoomEnding {
  readonly why: string
  readonly tick: number
  readonly result: JsonValue
  readonly rewards: readonly { readonly user: string; readonly currency: string; readonly amount: number }[]
}
