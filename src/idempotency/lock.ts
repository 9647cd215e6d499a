/**
 * Runs actions with the same key one after the other. Actions with different keys run at the same time. Works within one node.
 */
export class KeyedLock {
  readonly #underWay = new Map<string, Promise<unknown>>()

  /** Resolves or rejects as the action does. */
  async runAlone<Result>(key: string, action: () => Promise<Result>): Promise<Result> {
    while (this.#underWay.has(key)) await this.#underWay.get(key)
    const result = action()
    this.#underWay.set(key, Promise.allSettled([result]))
    try {
      return await result
    } finally {
      this.#underWay.delete(key)
    }
  }
}
