import type { Entry } from '../entries.ts'
import type { GameRun } from '../run.ts'

/** What a server does with the seats as time passes: those that were held too long end. */
export class SeatKeeper {
  /** Since when players are gone: milliseconds of the room's clock. */
  readonly #goneAtMs = new Map<string, number>()

  /** To be called behind each tick. */
  look({ seats, nowMs }: GameRun): void {
    const gone = new Set(seats.filter(({ isConnected }) => !isConnected).map(({ id }) => id))
    for (const user of this.#goneAtMs.keys()) if (!gone.has(user)) this.#goneAtMs.delete(user)
    for (const user of gone) if (!this.#goneAtMs.has(user)) this.#goneAtMs.set(user, nowMs)
  }

  /** When something is due next; undefined: nothing is. */
  dueMs({ game }: GameRun): number | undefined {
    const due = Array.from(this.#goneAtMs.values(), (goneAtMs) => goneAtMs + game.seats.holdMs)
    return due.length === 0 ? undefined : Math.min(...due)
  }

  /** What is due in a tick at that time. */
  entries({ game }: GameRun, nowMs: number): readonly Entry[] {
    const entries: Entry[] = []
    for (const [user, goneAtMs] of this.#goneAtMs) {
      if (nowMs - goneAtMs < game.seats.holdMs) continue
      this.#goneAtMs.delete(user)
      entries.push({ kind: 'leave', user, why: 'held too long' })
    }
    return entries
  }
}
