import type { RoomFacts, Seat } from './definition.ts'
import type { Game } from './define.ts'

/** A room, as its facts are taken of it. */
interface Facts {
  readonly roomId: string
  readonly tick: number
  readonly nowMs: number
  readonly seats: readonly Seat[]
  readonly isLocked: boolean
  readonly game: Game
}

/** Seconds between two ticks; 0 where ticks have no length. */
export function dtOf({ hz }: Pick<Game, 'hz'>): number {
  return hz === 0 ? 0 : 1 / hz
}

/** What a bot may know of its room. @param random not the room's chance, which only callbacks may use */
export function factsOf({ roomId: id, tick, nowMs, seats, isLocked, game }: Facts, random: () => number): RoomFacts {
  return { id, tick, dt: dtOf(game), nowMs, seats, isLocked, random }
}
