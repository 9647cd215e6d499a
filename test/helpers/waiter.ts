/** Waits for something that others bring about: they call `wake` whenever it may have come. */
export class Waiter {
  readonly #waiting = new Set<() => void>()

  wake(): void {
    for (const wake of this.#waiting) wake()
  }

  /** What `look` finds, as soon as it is not undefined. It may throw to end the waiting. */
  async until<T>(look: () => T | undefined, timeoutMs: number, tooLate: () => string): Promise<T> {
    const untilMs = performance.now() + timeoutMs
    for (;;) {
      const found = look()
      if (found !== undefined) return found
      const leftMs = untilMs - performance.now()
      if (leftMs <= 0) throw new Error(`${tooLate()} (${timeoutMs} ms)`)
      await this.#woken(leftMs)
    }
  }

  #woken(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        this.#waiting.delete(done)
        resolve()
      }
      const timer = setTimeout(done, withinMs)
      this.#waiting.add(done)
    })
  }
}
