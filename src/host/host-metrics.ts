import type { Metrics } from '../metrics/metrics.ts'

/** Of so many ticks one is measured: a histogram costs as much as the tick of a small room. */
const MEASURED = 16

/** What a host counts. */
export class HostMetrics {
  readonly #metrics: Metrics
  readonly #failures: Map<string, number>
  #ticks = 0
  #lateTicks = 0
  #otherHashes = 0

  /** @param games their names: of each that has not failed 0 is told */
  constructor(
    metrics: Metrics,
    games: Iterable<string>,
    read: { readonly rooms: () => number; readonly seats: () => number; readonly sentBytes: () => number },
  ) {
    this.#metrics = metrics
    this.#failures = new Map(Array.from(games, (game) => [game, 0]))
    const { readWhenAsked } = metrics
    readWhenAsked('gameRooms', read.rooms)
    readWhenAsked('gameSeats', read.seats)
    readWhenAsked('gameSentBytes', read.sentBytes)
    readWhenAsked('gameTicks', () => this.#ticks)
    readWhenAsked('gameLateTicks', () => this.#lateTicks)
    readWhenAsked('gameOtherHashes', () => this.#otherHashes)
    readWhenAsked('gameFailures', () => Array.from(this.#failures, ([game, count]) => [{ game }, count] as const))
  }

  /** Whether the next tick is one that is measured. */
  get isMeasured(): boolean {
    return this.#ticks % MEASURED === 0
  }

  /** @param isLate by a tick or more */
  ticked(isLate: boolean): void {
    this.#ticks++
    if (isLate) this.#lateTicks++
  }

  measured(tookMs: number, latenessMs: number): void {
    this.#metrics.gameTickSeconds.observe(tookMs / 1000)
    this.#metrics.gameTickLatenessSeconds.observe(latenessMs / 1000)
  }

  gameFailed(game: string): void {
    this.#failures.set(game, (this.#failures.get(game) ?? 0) + 1)
  }

  /** A replay came to another state than the room had. */
  otherHash(): void {
    this.#otherHashes++
  }

  toJson(): Promise<unknown> {
    return this.#metrics.toJson()
  }
}
