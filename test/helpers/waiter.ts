import { Waiter as Finder } from '../../src/conformance/waiter.ts'

/** Waits for a condition, and is told when to look again. */
export class Waiter extends Finder {
  /** Resolves to the result of `look` as soon as it is not undefined. `look` may throw to end the waiting. */
  async until<T>(look: () => T | undefined, timeoutMs: number, tooLate: () => string): Promise<T> {
    const found = await this.find(look, timeoutMs)
    if (found === undefined) throw new Error(`${tooLate()} (${timeoutMs} ms)`)
    return found
  }
}
