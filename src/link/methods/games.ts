import type { JsonObject, JsonValue } from '../../protocol/events.ts'
import type { Namespace, RoomId } from '../../protocol/ids.ts'
import type { Page, PageArgs } from '../../protocol/page.ts'
import type { EnteredRoom, CatchUp, GameInfo, InputResult, RoomInspection, RoomSnapshot } from './host.ts'
import type { Method } from './method.ts'
import type { JoinResult } from './rooms.ts'

/** Rooms with games, for connections and for the REST interface. */
export type GameMethods = {
  /** Joins the best room of a game that `where` allows, or makes one. Refused as a join is; GAME_NOT_FOUND, BAD_REQUEST. */
  find: Method<FindArgs, GameJoin>
  gameRooms: Method<
    PageArgs & { readonly namespace: Namespace; readonly game: string; readonly where: Where },
    Page<GameRoom>
  >
  /** A join of a room that has a game. */
  enterGame: Method<EnterArgs, GameJoin>
  gameInput: Method<GameInputArgs, InputResult>
  snapshot: Method<{ readonly connectionId: string; readonly room: RoomId }, RoomSnapshot>
  catchUp: Method<{ readonly connectionId: string; readonly room: RoomId; readonly base: number }, CatchUp>
  games: Method<null, { readonly items: readonly GameInfo[] }>
  /** For the REST interface: makes a room with a game. */
  gameRoomOpen: Method<OpenArgs, GameRoom>
  gameRoom: Method<{ readonly room: RoomId }, RoomInspection & GameRoom>
  /** An input in the name of a user who has a seat. */
  gameRoomInput: Method<
    { readonly room: RoomId; readonly user: string; readonly name: string; readonly input: JsonValue },
    InputResult
  >
}

/** Fields of a room's listing: equal to a value, one of several, or between two numbers. */
export type Where = Readonly<Record<string, WhereTerm>>
export type WhereTerm =
  | string
  | number
  | boolean
  | { readonly in: readonly (string | number | boolean)[] }
  | { readonly gte?: number; readonly lte?: number }

export interface FindArgs {
  readonly connectionId: string
  readonly game: string
  readonly where: Where
  /** Of the room that is made where none fits. */
  readonly options: JsonObject
  readonly encoding: 'json' | 'binary'
}

export interface EnterArgs {
  readonly connectionId: string
  readonly room: RoomId
  readonly as: 'player' | 'spectator'
  readonly password: string | null
  readonly encoding: 'json' | 'binary'
}

/** A join's answer, with what the game says. The patches behind `game.tick` follow on the link. */
export interface GameJoin extends JoinResult {
  readonly room: RoomId
  readonly game: EnteredRoom & { readonly handle: number }
}

export interface GameInputArgs {
  readonly connectionId: string
  readonly room: RoomId
  readonly name: string
  readonly input: unknown
  readonly seq: number | null
}

export interface OpenArgs {
  readonly namespace: Namespace
  readonly game: string
  readonly options: JsonObject
  readonly isLocked: boolean
  readonly password: string | null
  readonly idempotencyKey: string | null
}

export interface GameRoom {
  readonly room_id: RoomId
  readonly namespace: Namespace
  readonly game: string
  /** Seats that are taken, and how many there are. */
  readonly seats: number
  readonly seats_max: number
  readonly is_locked: boolean
  readonly listing: JsonValue
}
