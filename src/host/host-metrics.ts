import type { Metrics } from '../metrics/metrics.ts'

/** One tick in this many is measured, because a histogram costs as much as the tick of a small room. */
export const MEASURED = 16

/**
 * Whether this tick of a room is measured. It is counted per room: if all ticks were counted together, it could always be the
 * ticks of the same rooms.
 */
export function isMeasured(handle: number, tick: number): boolean {
  return (handle + tick) % MEASURED === 0
}

/** The metrics of a host. */
export class HostMetrics {
  readonly #metrics: Metrics
  readonly #tickSeconds: ReturnType<Metrics['gameTickSeconds']['labels']>
  readonly #latenessSeconds: ReturnType<Metrics['gameTickLatenessSeconds']['labels']>
  readonly #failures: Map<string, number>
  readonly #skippedBots: Map<string, number>
  #ticks = 0
  #lateTicks = 0
  #otherHashes = 0

  /** @param games their names; a game that has not failed is reported as 0 */
  constructor(
    metrics: Metrics,
    games: Iterable<string>,
    read: { readonly rooms: () => number; readonly seats: () => number; readonly sentBytes: () => number },
  ) {
    this.#metrics = metrics
    const label = { process: metrics.process }
    // Report the series from the start, so that their rate can be queried.
    metrics.gameTickSeconds.zero(label)
    metrics.gameTickLatenessSeconds.zero(label)
    this.#tickSeconds = metrics.gameTickSeconds.labels(label)
    this.#latenessSeconds = metrics.gameTickLatenessSeconds.labels(label)
    const names = [...games]
    this.#failures = new Map(names.map((game) => [game, 0]))
    this.#skippedBots = new Map(this.#failures)
    const { readWhenAsked } = metrics
    readWhenAsked('gameRooms', read.rooms)
    readWhenAsked('gameSeats', read.seats)
    readWhenAsked('gameSentBytes', read.sentBytes)
    readWhenAsked('gameTicks', () => this.#ticks)
    readWhenAsked('gameLateTicks', () => this.#lateTicks)
    readWhenAsked('gameOtherHashes', () => this.#otherHashes)
    readWhenAsked('gameFailures', () => byGame(this.#failures))
    readWhenAsked('gameSkippedBots', () => byGame(this.#skippedBots))
  }

  /** @param isLate whether the tick was late by a whole tick or more */
  ticked(isLate: boolean): void {
    this.#ticks++
    if (isLate) this.#lateTicks++
  }

  measured(tookMs: number, latenessMs: number): void {
    this.#tickSeconds.observe(tookMs / 1000)
    this.#latenessSeconds.observe(latenessMs / 1000)
  }

  gameFailed(game: string): void {
    countUp(this.#failures, game)
  }

  /** Counts a bot that was left out of a tick because no time was left for it. */
  botSkipped(game: string): void {
    countUp(this.#skippedBots, game)
  }

  /** Counts a replay that came to another state than the room had. */
  otherHash(): void {
    this.#otherHashes++
  }

  toJson(): Promise<unknown> {
    return this.#metrics.toJson()
  }
}

function countUp(counts: Map<string, number>, game: string): void {
  counts.set(game, (counts.get(game) ?? 0) + 1)
}

function byGame(counts: ReadonlyMap<string, number>) {
  return Array.from(counts, ([game, count]) => [{ game }, count] as const)
}
