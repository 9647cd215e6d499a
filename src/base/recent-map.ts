/** A map with a maximum size. If it is full, the value that was asked for longest ago is forgotten. */
export class RecentMap<Key, Value> {
  readonly #sizeMax: number
  /** In the order in which they were last asked for. */
  readonly #values = new Map<Key, Value>()

  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax
  }

  /** Returns the value of the key. If there is none, `make` makes it. */
  get(key: Key, make: () => Value): Value {
    const value = this.#values.get(key) ?? make()
    this.#values.delete(key)
    this.#values.set(key, value)
    if (this.#values.size > this.#sizeMax) this.#forgetOldest()
    return value
  }

  [Symbol.iterator](): IterableIterator<[Key, Value]> {
    return this.#values[Symbol.iterator]()
  }

  #forgetOldest(): void {
    for (const oldest of this.#values.keys()) {
      this.#values.delete(oldest)
      return
    }
  }
}
