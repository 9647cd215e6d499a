import type { ValueOf } from '../protocol/shapes/build.ts'
import type { CONFIG, CONNECTION, LOG_LEVEL_SET } from '../protocol/shapes/operations.ts'
import type { GAME_ROOM, GAMES, ROOM_ENTRIES, ROOM_PLAY } from '../protocol/shapes/games.ts'
import type { RECORDING } from '../protocol/shapes/recordings.ts'
import type { ROOM, ROOM_STATE } from '../protocol/shapes/rooms.ts'
import type { PLAYER } from '../protocol/shapes/shop.ts'

/** The types of answers of the REST interface. Pages import only the types of the shapes, not the shapes. */

export type { Ban, Kicked, ReadyPart, Reloaded } from '../protocol/shapes/operations.ts'
export type { Good, Receipt } from '../protocol/shapes/shop.ts'
export type Config = ValueOf<typeof CONFIG>
export type Setting = Config['settings'][number]
export type Connection = ValueOf<typeof CONNECTION>
export type Games = ValueOf<typeof GAMES>
export type Game = Games['items'][number]
export type GameRoom = ValueOf<typeof GAME_ROOM>
export type LogLevelSet = ValueOf<typeof LOG_LEVEL_SET>
export type PlayerAccount = ValueOf<typeof PLAYER>
export type Play = ValueOf<typeof ROOM_PLAY>
export type Seat = Play['seats'][number]
export type RoomEntries = ValueOf<typeof ROOM_ENTRIES>
export type RoomEntry = RoomEntries['items'][number]
export type Recording = ValueOf<typeof RECORDING>
export type Room = ValueOf<typeof ROOM>
export type RoomState = ValueOf<typeof ROOM_STATE>
