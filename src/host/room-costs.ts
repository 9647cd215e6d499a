import type { CostlyRoom } from '../link/methods/host.ts'

/** How many of the most expensive rooms the primary is told about. */
const TOLD_MAX = 5
/** The weight of the newest second in the average. */
const NEWEST_SHARE = 0.25

/** How much of the host's time each room takes. Only some ticks are measured, so the figures are averages over some seconds. */
export class RoomCosts {
  readonly #shares = new Map<number, number>()
  readonly #measuredMs = new Map<number, number>()

  /** @param tookMs the time of a measured tick, times the number of ticks that it stands for */
  add(handle: number, tookMs: number): void {
    this.#measuredMs.set(handle, (this.#measuredMs.get(handle) ?? 0) + tookMs)
  }

  forget(handle: number): void {
    this.#shares.delete(handle)
    this.#measuredMs.delete(handle)
  }

  /** Call this once in each period. Returns the most expensive rooms, the most expensive first. */
  take(periodMs: number): readonly CostlyRoom[] {
    const handles = new Set([...this.#shares.keys(), ...this.#measuredMs.keys()])
    for (const handle of handles) {
      const newest = (this.#measuredMs.get(handle) ?? 0) / periodMs
      this.#shares.set(handle, (this.#shares.get(handle) ?? newest) * (1 - NEWEST_SHARE) + newest * NEWEST_SHARE)
    }
    this.#measuredMs.clear()
    return Array.from(this.#shares, ([handle, share]) => ({ handle, share }))
      .sort((one, other) => other.share - one.share)
      .slice(0, TOLD_MAX)
  }
}
