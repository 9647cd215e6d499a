import type { Owner } from '../test/helpers/server.ts'

/** Things that were started, to be ended in reverse order. */
export class Owned implements Owner {
  readonly #teardowns: (() => void | Promise<void>)[] = []

  teardown(callback: () => void | Promise<void>): void {
    this.#teardowns.push(callback)
  }

  async end(): Promise<void> {
    for (const callback of this.#teardowns.splice(0).reverse()) await callback()
  }
}
