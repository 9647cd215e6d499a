/** Four numbers of 32 bits. They determine all numbers that follow. */
export type RandomState = readonly [number, number, number, number]

/** How many numbers are dropped at the start, so that similar seeds do not give similar numbers. */
const WARM_UP = 16

/** The random generator of a room: sfc32. Its state is saved with the room, so a replay gives the same numbers. */
export class GameRandom {
  #a: number
  #b: number
  #c: number
  #counter: number

  constructor([a, b, c, counter]: RandomState) {
    this.#a = a
    this.#b = b
    this.#c = c
    this.#counter = counter
  }

  /** @param seed an integer below 2^53 */
  static of(seed: number): GameRandom {
    const random = new GameRandom([seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0, 0x9e3779b9, 1])
    for (let i = 0; i < WARM_UP; i++) random.next()
    return random
  }

  get state(): RandomState {
    return [this.#a, this.#b, this.#c, this.#counter]
  }

  set state([a, b, c, counter]: RandomState) {
    this.#a = a
    this.#b = b
    this.#c = c
    this.#counter = counter
  }

  /** In [0, 1), in steps of 2^-32. */
  next(): number {
    const sum = (this.#a + this.#b + this.#counter) >>> 0
    this.#counter = (this.#counter + 1) >>> 0
    this.#a = (this.#b ^ (this.#b >>> 9)) >>> 0
    this.#b = (this.#c + (this.#c << 3)) >>> 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) >>> 0
    return sum / 2 ** 32
  }
}
