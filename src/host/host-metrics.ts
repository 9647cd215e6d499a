import type { Metrics } from '../metrics/metrics.ts'

/** Of so many ticks one is measured: a histogram costs as much as the tick of a small room. */
export const MEASURED = 16

/** Whether this tick of a room is measured. Each room has its turn: if all ticks were counted together, it could always be the same rooms'. */
export function isMeasured(handle: number, tick: number): boolean {
  return (handle + tick) % MEASURED === 0
}

/** What a host counts. */
export class HostMetrics {
  readonly #metrics: Metrics
  readonly #tickSeconds: ReturnType<Metrics['gameTickSeconds']['labels']>
  readonly #latenessSeconds: ReturnType<Metrics['gameTickLatenessSeconds']['labels']>
  readonly #failures: Map<string, number>
  readonly #skippedBots: Map<string, number>
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
    const label = { process: metrics.process }
    // There from the start, so that its rate can be asked for.
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

  /** @param isLate by a tick or more */
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

  /** A bot was left out of a tick, as there was no time for it. */
  botSkipped(game: string): void {
    countUp(this.#skippedBots, game)
  }

  /** A replay came to another state than the room had. */
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
