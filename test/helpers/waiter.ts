import { Waiter as Finder } from '../../src/conformance/waiter.ts'

/** Waits until something that is told of changes has come about. */
export class Waiter extends Finder {
  /** What `look` finds, as soon as it is not undefined. It may throw to end the waiting. */
  async until<T>(look: () => T | undefined, timeoutMs: number, tooLate: () => string): Promise<T> {
    const found = await this.find(look, timeoutMs)
    if (found === undefined) throw new Error(`${tooLate()} (${timeoutMs} ms)`)
    return found
  }
}
