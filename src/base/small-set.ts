/**
 * A set for a handful of ids, of which there are tens of thousands: with none or one it costs 32 bytes, with more some 100, where a
 * `Set` costs 250. Each call looks at all of them.
 */
export class SmallSet<T extends string | number> implements Iterable<T> {
  /** One is held without an array around it. */
  #held: T | readonly T[] = NOTHING

  constructor(items: Iterable<T> = NOTHING) {
    for (const item of items) this.add(item)
  }

  get size(): number {
    return typeof this.#held === 'object' ? this.#held.length : 1
  }

  has(item: T): boolean {
    return typeof this.#held === 'object' ? this.#held.includes(item) : this.#held === item
  }

  add(item: T): void {
    if (this.has(item)) return
    // An array that is pushed to, or spread into, has room for 17.
    if (typeof this.#held !== 'object') this.#held = [this.#held, item]
    else this.#held = this.#held.length === 0 ? item : this.#held.concat([item])
  }

  /** Whether it was there. */
  delete(item: T): boolean {
    if (!this.has(item)) return false
    this.#held = typeof this.#held === 'object' ? this.#held.filter((other) => other !== item) : NOTHING
    return true
  }

  clear(): void {
    this.#held = NOTHING
  }

  [Symbol.iterator](): Iterator<T> {
    const items = typeof this.#held === 'object' ? this.#held : [this.#held]
    return items[Symbol.iterator]()
  }
}

const NOTHING: readonly never[] = []
