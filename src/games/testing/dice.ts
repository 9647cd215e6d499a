import { GameRandom } from '../random.ts'

/** Chance of one seed. */
export class Dice {
  readonly #random: GameRandom

  constructor(seed: number) {
    this.#random = GameRandom.of(seed)
  }

  /** In [0, 1). */
  readonly roll = (): number => this.#random.next()

  /** A whole number from 0 below `count`. */
  below(count: number): number {
    return Math.floor(this.roll() * count)
  }

  chance(share: number): boolean {
    return this.roll() < share
  }

  /** Throws if there is nothing to take from. */
  pick<T>(from: readonly T[]): T {
    if (from.length === 0) throw new Error('there is nothing to pick from')
    return from[this.below(from.length)] as T
  }
}
