import type { Game } from '../define.ts'
import { decodeHead, decodeTick } from '../journal.ts'
import { closeRealm } from '../realm-guards.ts'
import { SimulatedRoom } from './simulated-room.ts'

/** A recording: how a room began, and what entered it. */
export interface Journal {
  /** As `encodeHead` makes it. */
  readonly head: Uint8Array
  /** As `encodeTick` makes them, in order. Ticks in which nothing entered may be missing. */
  readonly ticks: readonly Uint8Array[]
}

/** The game came to another state than when it was recorded. */
export class ReplayError extends Error {
  override readonly name = 'ReplayError'
  readonly tick: number

  /** @param what differs, as in `has the hash 1, and had 2` */
  constructor(tick: number, what: string) {
    super(
      `tick ${tick} ${what} when it was recorded: the game is another one, or uses something that is not in its state`,
    )
    this.tick = tick
  }
}

/** The room that comes of a recording. Throws JournalError, ReplayError, and Error for the recording of another game. */
export function replayRoom(game: Game, { head, ticks }: Journal): SimulatedRoom {
  closeRealm()
  const start = decodeHead(head)
  if (start.game !== game.name || start.version !== game.version) {
    throw new Error(
      `a recording of ${start.game}, version ${start.version}: the game is ${game.name}, version ${game.version}`,
    )
  }
  const room = SimulatedRoom.create(game, start)
  for (const bytes of ticks) {
    const { tick, nowMs, entries, hash } = decodeTick(bytes)
    while (game.hz > 0 && room.run.tick < tick - 1) room.step([], nowMs)
    room.step(entries, nowMs)
    if (hash !== null && room.hash !== hash) throw new ReplayError(tick, `has the hash ${room.hash}, and had ${hash}`)
  }
  room.look()
  return room
}
