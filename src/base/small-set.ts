/**
 * A set for a handful of ids, for when there are tens of thousands of such sets. With no or one item it takes 32 bytes, with more
 * about 100, where a `Set` takes 250. Each call looks at all items.
 */
export class SmallSet<T extends string | number> implements Iterable<T> {
  /** A single item is held without an array around it. */
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
    // `push` and spread would give the array room for 17 items; `concat` does not
    if (typeof this.#held !== 'object') this.#held = [this.#held, item]
    else this.#held = this.#held.length === 0 ? item : this.#held.concat([item])
  }

  /** Returns whether the item was in the set. */
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
