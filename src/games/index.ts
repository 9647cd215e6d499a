/** The interface for authors of games: `drumbeat/game`. */
export { defineGame, GameDefinitionError, type Game, type GameTypes, type TypesOf } from './define.ts'
export type { Json, JsonArgs, Over, Reward, Room, RoomFacts, Seat, TaskResult } from './definition.ts'
export type { Receipt } from '../protocol/shapes/shop.ts'
export { refuse } from './refuse.ts'
export { TypeFault } from './sync/fault.ts'
export { t, type GameType, type ValueOf } from './types.ts'
