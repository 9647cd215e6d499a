/**
 * A map for keys that mostly have one value and sometimes several. Only a key with several has a Set, so a value must not be a
 * Set.
 */
export class MultiMap<K, V extends object> {
  readonly #values = new Map<K, V | Set<V>>()

  add(key: K, value: V): void {
    const there = this.#values.get(key)
    if (there === undefined) this.#values.set(key, value)
    else if (there instanceof Set) there.add(value)
    else if (there !== value) this.#values.set(key, new Set([there, value]))
  }

  delete(key: K, value: V): void {
    const there = this.#values.get(key)
    if (there === value) this.#values.delete(key)
    else if (there instanceof Set) {
      there.delete(value)
      if (there.size === 0) this.#values.delete(key)
    }
  }

  /** The values of the key, in the order in which they were added. */
  of(key: K): Iterable<V> {
    const there = this.#values.get(key)
    if (there === undefined) return []
    return there instanceof Set ? there : [there]
  }

  count(key: K): number {
    const there = this.#values.get(key)
    if (there === undefined) return 0
    return there instanceof Set ? there.size : 1
  }
}
