import type { Link } from '../../link/link.ts'
import type { GameJoin } from '../../link/methods/games.ts'
import type { PrimaryMethods } from '../../link/methods/primary.ts'
import type { WorkerMethods } from '../../link/methods/worker.ts'
import { Refusal, type ErrorCode } from '../../protocol/errors.ts'
import { EVENT } from '../../protocol/events.ts'
import type { RoomId } from '../../protocol/ids.ts'
import type { Connection } from '../connection.ts'
import type { GameRooms } from './game-rooms.ts'
import { ASK_AGAIN_MS, patchEncoding, toRoomGame } from './viewer.ts'

export interface ComingBackOptions {
  readonly link: Pick<Link<WorkerMethods, PrimaryMethods>, 'call'>
  readonly games: GameRooms
  /** Called if the game does not take the connection back. */
  readonly onRefused: (connection: Connection, room: RoomId, refusal: Refusal) => void
}

/** Errors that say nothing about the room: its host may be coming back. */
const TEMPORARY: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'UNAVAILABLE',
  'OVERLOADED',
  'OUTCOME_UNKNOWN',
  'DRAINING',
])

/**
 * Lets resumed connections go on with the games of their rooms. Each is sent the state as it is now, and then the patches that
 * follow.
 */
export class ComingBack {
  readonly #options: ComingBackOptions

  constructor(options: ComingBackOptions) {
    this.#options = options
  }

  /** Calls `done` when each room was asked. Later requests of the client for these rooms come after that. */
  goOn(connection: Connection, rooms: readonly RoomId[], done: () => void): void {
    let left = rooms.length
    if (left === 0) done()
    const asked = () => {
      if (--left === 0) done()
    }
    for (const room of rooms) this.#enter(connection, room, asked)
  }

  #enter(connection: Connection, room: RoomId, asked: () => void): void {
    const { link, games, onRefused } = this.#options
    const args = { connectionId: connection.id, room, as: 'player', password: null } as const
    const answered = (result: GameJoin | Refusal) => {
      const isThere = !connection.isClosed && connection.rooms.has(room)
      if (isThere && !(result instanceof Refusal)) {
        connection.sendInRoom(EVENT.roomSnapshot, room, toRoomGame(result.game, result.game))
        games.enter(connection, room, result.game)
      } else if (isThere && result instanceof Refusal) {
        if (TEMPORARY.has(result.code)) {
          games.awaits(connection, room)
          setTimeout(() => this.#again(connection, room), ASK_AGAIN_MS)
        } else onRefused(connection, room, result)
      }
      asked()
    }
    link.call('enterGame', { ...args, encoding: patchEncoding(connection) }, answered)
  }

  #again(connection: Connection, room: RoomId): void {
    const isThere = !connection.isClosed && connection.rooms.has(room)
    // The client may have joined it meanwhile.
    if (isThere && this.#options.games.find(connection, room) === undefined) this.#enter(connection, room, () => {})
  }
}
