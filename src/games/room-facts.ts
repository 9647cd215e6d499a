import type { RoomFacts, Seat } from './definition.ts'
import type { Game } from './define.ts'

/** The fields of a room that its facts are made from. */
interface Facts {
  readonly roomId: string
  readonly tick: number
  readonly nowMs: number
  readonly seats: readonly Seat[]
  readonly isLocked: boolean
  readonly game: Game
}

/** Seconds between two ticks. Returns 0 if the game has no tick rate. */
export function dtOf({ hz }: Pick<Game, 'hz'>): number {
  return hz === 0 ? 0 : 1 / hz
}

/**
 * What a bot may know of its room besides what its seat sees. Each bot gets an object of its own.
 * @param random not the room's random generator, which only callbacks may use
 */
export function factsForBots(
  { roomId: id, tick, nowMs, seats, isLocked, game }: Facts,
  random: () => number,
): RoomFacts {
  return Object.freeze({ id, tick, dt: dtOf(game), nowMs, seats: forBots(seats), isLocked, random })
}

const FOR_BOTS = new WeakMap<readonly Seat[], readonly Seat[]>()

/** Teams and inventories may be secret. What a bot may know of them is in its view. */
function forBots(seats: readonly Seat[]): readonly Seat[] {
  let known = FOR_BOTS.get(seats)
  if (!known) {
    known = Object.freeze(seats.map((seat) => Object.freeze({ ...seat, team: undefined, inventory: NOTHING })))
    FOR_BOTS.set(seats, known)
  }
  return known
}

const NOTHING = Object.freeze({})
