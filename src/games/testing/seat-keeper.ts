import type { Entry } from '../entries.ts'
import type { GameRun } from '../run.ts'

/** What a server does with the seats as time passes: those that were held too long end, and bots take the free ones (`seats.fill`). */
export class SeatKeeper {
  /** Since when players are gone: milliseconds of the room's clock. */
  readonly #goneAtMs = new Map<string, number>()
  #waitingSinceMs: number | undefined

  /** To be called behind each tick. */
  look({ seats, nowMs, game, isLocked }: GameRun): void {
    const players = seats.filter(({ bot }) => bot === undefined)
    const gone = new Set(players.filter(({ isConnected }) => !isConnected).map(({ id }) => id))
    for (const user of this.#goneAtMs.keys()) if (!gone.has(user)) this.#goneAtMs.delete(user)
    for (const user of gone) if (!this.#goneAtMs.has(user)) this.#goneAtMs.set(user, nowMs)
    const { fill, min } = game.seats
    const isWaiting = fill !== undefined && players.length > 0 && seats.length < min && !isLocked
    this.#waitingSinceMs = isWaiting ? (this.#waitingSinceMs ?? nowMs) : undefined
  }

  /** When something is due next; undefined: nothing is. */
  dueMs({ game }: GameRun): number | undefined {
    const { fill, holdMs } = game.seats
    const due = Array.from(this.#goneAtMs.values(), (goneAtMs) => goneAtMs + holdMs)
    if (fill && this.#waitingSinceMs !== undefined) due.push(this.#waitingSinceMs + fill.afterMs)
    return due.length === 0 ? undefined : Math.min(...due)
  }

  /** What is due in a tick at that time. */
  entries({ game, seats }: GameRun, nowMs: number): readonly Entry[] {
    const { fill, holdMs, min } = game.seats
    const entries: Entry[] = []
    for (const [user, goneAtMs] of this.#goneAtMs) {
      if (nowMs - goneAtMs < holdMs) continue
      this.#goneAtMs.delete(user)
      entries.push({ kind: 'leave', user, why: 'held too long' })
    }
    if (fill && this.#waitingSinceMs !== undefined && nowMs - this.#waitingSinceMs >= fill.afterMs) {
      this.#waitingSinceMs = undefined
      for (let i = seats.length; i < min; i++) entries.push({ kind: 'bot', bot: fill.bot })
    }
    return entries
  }
}
