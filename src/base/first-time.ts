/** Tells whether a key is seen for the first time. It remembers `keysMax` keys, and forgets the oldest first. */
export class FirstTime {
  readonly #keys = new Set<string>()
  readonly #keysMax: number

  constructor(keysMax: number) {
    this.#keysMax = keysMax
  }

  isFirst(key: string): boolean {
    if (this.#keys.has(key)) return false
    this.#keys.add(key)
    if (this.#keys.size <= this.#keysMax) return true
    for (const oldest of this.#keys) {
      this.#keys.delete(oldest)
      break
    }
    return true
  }
}
