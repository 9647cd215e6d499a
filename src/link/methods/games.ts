import type { JsonObject, JsonValue } from '../../protocol/events.ts'
import type { Namespace, RoomId } from '../../protocol/ids.ts'
import type { Page, PageArgs } from '../../protocol/page.ts'
import type { AddedBot, CatchUp, EnteredRoom, GameFailure, GameInfo, InputResult } from './host.ts'
import type { RoomEntry, RoomInspection } from './room-inspection.ts'
import type { Method } from './method.ts'
import type { ListedRoom, Where } from '../../protocol/shapes/games.ts'
import type { GameEntry, JoinArgs, JoinResult } from './rooms.ts'

/** Rooms with games, for connections and for the REST interface. */
export type GameMethods = {
  /** Joins the best room of a game that `where` allows, or makes one. Errors: those of a join, GAME_NOT_FOUND, BAD_REQUEST. */
  find: Method<FindArgs, GameJoin>
  gameRooms: Method<
    PageArgs & {
      /** Null means any namespace. */
      readonly namespace: Namespace | null
      readonly game: string
      readonly where: Where
      /** The path of `where` in the request, for error messages; `payload.where` by default. */
      readonly path?: string
    },
    Page<GameRoom>
  >
  /**
   * Joins a room that has a game. A connection that was resumed is in the room already: it keeps its user's seat, or continues to
   * watch, whatever `as` and `password` say. If its seat has ended meanwhile, the answer is NOT_IN_ROOM, and the connection is no
   * longer in the room.
   */
  enterGame: Method<EnterArgs, GameJoin>
  gameInput: Method<GameInputArgs, InputResult>
  snapshot: Method<{ readonly connectionId: string; readonly room: RoomId }, EnteredRoom>
  catchUp: Method<{ readonly connectionId: string; readonly room: RoomId; readonly base: number }, CatchUp>
  games: Method<null, { readonly items: readonly PlayedGame[] }>
  /** Makes a room with a game, for the REST interface. */
  gameRoomOpen: Method<OpenArgs, GameRoom>
  gameRoom: Method<{ readonly room: RoomId }, InspectedRoom>
  /** The last entries of the room, the newest first. */
  gameRoomEntries: Method<{ readonly room: RoomId; readonly limit: number }, { readonly items: readonly RoomEntry[] }>
  /** Ends the seat of a user or of a bot. */
  gameRoomKick: Method<{ readonly room: RoomId; readonly user: string }, null>
  /** Moves the room to another host of this node. With `host` null, to the least busy one. Errors: CONFLICT, UNAVAILABLE. */
  gameRoomMove: Method<{ readonly room: RoomId; readonly host: number | null }, MovedRoom>
  /** Makes an input in the name of a user who has a seat. */
  gameRoomInput: Method<
    { readonly room: RoomId; readonly user: string; readonly name: string; readonly input: JsonValue },
    InputResult
  >
  /** Gives a seat to a bot, once for each idempotency key. Errors: those of the game, ROOM_NOT_FOUND, BAD_REQUEST, ROOM_FULL. */
  gameBotAdd: Method<AddBotArgs, AddedBot>
  /** Errors: ROOM_NOT_FOUND, NOT_FOUND. */
  gameBotRemove: Method<{ readonly room: RoomId; readonly seat: string }, null>
  recordingDelete: Method<{ readonly id: string }, { readonly wasThere: boolean }>
}

/** Where a room runs now. */
export interface MovedRoom {
  readonly host: number
  /** The last tick that is in its journal. */
  readonly tick: number
}

export interface AddBotArgs {
  readonly room: RoomId
  readonly bot: string
  readonly idempotencyKey: string | null
}

export interface FindArgs {
  readonly connectionId: string
  readonly game: string
  readonly where: Where
  /** The options of the room that is made if no room fits. */
  readonly options: JsonObject
  /** Whether rooms of other nodes are left out. */
  readonly stay: boolean
  readonly encoding: 'json' | 'binary'
}

export type EnterArgs = JoinArgs

/** The answer to a join, including what the connection sees of the game. */
export interface GameJoin extends JoinResult {
  readonly game: GameEntry
}

export interface GameInputArgs {
  readonly connectionId: string
  readonly room: RoomId
  readonly name: string
  /** As in `RoomInput`. */
  readonly input: unknown
  readonly seq: number | null
}

export interface OpenArgs {
  readonly namespace: Namespace
  readonly game: string
  readonly options: JsonObject
  readonly isLocked: boolean
  readonly password: string | null
  /** Whether it is recorded from its first tick on; by default as its game says. */
  readonly record?: boolean
  readonly idempotencyKey: string | null
}

export type { Where, WhereTerm } from '../../protocol/shapes/games.ts'

export interface GameRoom extends ListedRoom {
  readonly namespace: Namespace
}

/** A game, and how much it is being played. */
export interface PlayedGame extends GameInfo {
  readonly count: GameCount
  /** The newest first. */
  readonly failures: readonly PastFailure[]
}

/** A callback of a game that failed in the past. */
export interface PastFailure extends Omit<GameFailure, 'handle' | 'game'> {
  readonly roomId: string
  /** Unix time in milliseconds. */
  readonly atMs: number
}

export interface GameCount {
  readonly rooms: number
  /** The number of users who have a seat. */
  readonly players: number
  /** The number of seats that bots have. */
  readonly botSeats: number
}

/** A room as it is now, with its state. */
export type InspectedRoom = RoomInspection &
  Omit<GameRoom, 'seats'> & {
    readonly version: number
    /** The host that runs it; null while it is moved. */
    readonly host: number | null
  }
