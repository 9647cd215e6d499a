/** Whether a key comes for the first time, of as many as are remembered; the oldest is forgotten first. */
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
