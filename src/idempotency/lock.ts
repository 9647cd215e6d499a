/**
 * Requests with one key, one after the other on this node: the second finds what the first has left. Those of another node are kept
 * apart by guards.
 */
export class Turnstile {
  readonly #underWay = new Map<string, Promise<unknown>>()

  async alone<Result>(key: string, action: () => Promise<Result>): Promise<Result> {
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
