/**
 * A set for a handful of things, of which there are tens of thousands: empty it costs 32 bytes, with one thing some 90, where a
 * `Set` costs 250. Each call looks at all of them.
 */
export class SmallSet<T> implements Iterable<T> {
  #items: readonly T[] = NOTHING

  constructor(items: Iterable<T> = NOTHING) {
    for (const item of items) this.add(item)
  }

  get size(): number {
    return this.#items.length
  }

  has(item: T): boolean {
    return this.#items.includes(item)
  }

  add(item: T): void {
    if (this.has(item)) return
    // An array that is pushed to, or spread into, has room for 17.
    this.#items = this.#items.length === 0 ? [item] : this.#items.concat([item])
  }

  /** Whether it was there. */
  delete(item: T): boolean {
    if (!this.has(item)) return false
    this.#items = this.#items.length === 1 ? NOTHING : this.#items.filter((other) => other !== item)
    return true
  }

  clear(): void {
    this.#items = NOTHING
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#items[Symbol.iterator]()
  }
}

const NOTHING: readonly never[] = []
