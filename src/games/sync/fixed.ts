export interface Range {
  readonly min: number
  readonly max: number
  readonly step: number
}

/** The largest k. The tolerance is for quotients such as 0.3 / 0.1. */
export function stepsOf({ min, max, step }: Range): number {
  return Math.floor((max - min) / step + 1e-6)
}

/**
 * The numbers of `t.fixed(min, max, step)`. Server and client compute number k of `steps + 1` by the same formula, so they get
 * the same bits. If a whole number of steps makes 1, it is a quotient of integers, which gives short decimals: 0.07 and not
 * 0.07000000000000001.
 */
export class Fixed {
  /** The largest k. */
  readonly steps: number
  readonly #min: number
  readonly #step: number
  /** How many steps make 1. It is 0 if that is not a whole number, or if `min` is not a multiple of `step`. */
  readonly #perOne: number
  readonly #first: number

  constructor(range: Range) {
    const { min, step } = range
    const perOne = Math.round(1 / step)
    const first = Math.round(min * perOne)
    const isWhole = Math.abs(1 / step - perOne) < 1e-9 * perOne && Math.abs(min * perOne - first) < 1e-6
    this.steps = stepsOf(range)
    this.#min = min
    this.#step = step
    this.#perOne = isWhole ? perOne : 0
    this.#first = first
  }

  /** Number k. */
  at(k: number): number {
    return this.#perOne > 0 ? (this.#first + k) / this.#perOne : this.#min + k * this.#step
  }

  /**
   * The k of the nearest number. It is below 0 or above `steps` if the value is out of range, and NaN if the value is not a
   * number.
   */
  indexOf(value: number): number {
    return this.#perOne > 0
      ? Math.round(value * this.#perOne) - this.#first
      : Math.round((value - this.#min) / this.#step)
  }
}
