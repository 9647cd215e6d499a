import { botOf } from '../games/bots.ts'
import type { Game } from '../games/define.ts'
import type { Seat } from '../games/definition.ts'
import type { GameRun } from '../games/run.ts'
import type { SeatChanges, SeatsSeen } from '../link/methods/host.ts'

/** The seats as they were told from this tick on. */
interface Version {
  readonly tick: number
  readonly seats: SeatsSeen
}

/** Who plays on the seats of a room, and what has changed. Every connection that sees the room is told. */
export class SeatNews {
  readonly #run: GameRun
  readonly #ticksKept: number
  #versions: Version[]
  #list: readonly Seat[]

  /** @param ticksKept for how many ticks the earlier versions are kept */
  constructor(run: GameRun, ticksKept: number) {
    this.#run = run
    this.#ticksKept = ticksKept
    this.#list = run.seats
    this.#versions = [{ tick: run.tick, seats: seenOf(run.game, run.seats) }]
  }

  /** The seats as they were told last. */
  get seats(): SeatsSeen {
    return this.#versions.at(-1)?.seats ?? {}
  }

  /** Looks for changes. Call this in each tick. */
  advance(): void {
    const run = this.#run
    if (run.seats === this.#list) return
    this.#list = run.seats
    const seats = seenOf(run.game, run.seats)
    if (!changesOf(this.seats, seats)) return
    this.#versions.push({ tick: run.tick, seats })
    const oldest = run.tick - this.#ticksKept
    // The version that was valid at that tick stays, however old it is.
    while ((this.#versions[1]?.tick ?? Infinity) <= oldest) this.#versions.shift()
  }

  /** Returns the changes since that tick, which must be one of the last `ticksKept`. Returns undefined if there are none. */
  since(tick: number): SeatChanges | undefined {
    if ((this.#versions.at(-1)?.tick ?? 0) <= tick) return undefined
    const before = this.#versions.findLast((version) => version.tick <= tick) ?? this.#versions[0]
    return before && changesOf(before.seats, this.seats)
  }
}

function seenOf(game: Game, seats: readonly Seat[]): SeatsSeen {
  return Object.fromEntries(
    seats.map((seat) => {
      const bot = botOf(game, seat)
      return [seat.id, { is_connected: seat.isConnected, ...(bot === undefined ? {} : { bot }) }]
    }),
  )
}

/**
 * Returns the changes as a JSON Merge Patch, in which null stands for a removed seat or bot. Returns undefined if there are none.
 */
function changesOf(before: SeatsSeen, now: SeatsSeen): SeatChanges | undefined {
  const changes: Record<string, SeatChanges[string]> = {}
  for (const id of Object.keys(before)) if (!Object.hasOwn(now, id)) changes[id] = null
  for (const [id, seat] of Object.entries(now)) {
    const was = Object.hasOwn(before, id) ? before[id] : undefined
    if (was?.is_connected === seat.is_connected && was.bot === seat.bot) continue
    changes[id] = was?.bot === undefined ? seat : { bot: null, ...seat }
  }
  return Object.keys(changes).length === 0 ? undefined : changes
}
