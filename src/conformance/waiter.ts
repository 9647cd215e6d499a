import { systemClock } from '../base/clock.ts'

/** Waits for something that other code brings about, and that calls `wake` whenever something may have changed. */
export class Waiter {
  readonly #waiting = new Set<() => void>()

  wake(): void {
    for (const wake of this.#waiting) wake()
  }

  /**
   * Resolves to the result of `look` as soon as it is not undefined. Resolves to undefined if that takes longer than `withinMs`.
   */
  async find<T>(look: () => T | undefined, withinMs: number): Promise<T | undefined> {
    const untilMs = systemClock.nowMs() + withinMs
    for (;;) {
      const found = look()
      const leftMs = untilMs - systemClock.nowMs()
      if (found !== undefined || leftMs <= 0) return found
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
