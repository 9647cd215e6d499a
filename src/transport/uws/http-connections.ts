import type { TemplatedApp } from './uws.ts'

/** The connections of a worker that speak HTTP, on all its ports: how many there are, and whether they may stay. */
export class HttpConnections {
  #count = 0
  #areKept: boolean

  /** @param areKept whether a connection goes on after an answer */
  constructor(areKept: boolean) {
    this.#areKept = areKept
  }

  /** Those of this app count, too. */
  watch(app: TemplatedApp): void {
    app.filter((_response, change) => {
      this.#count += change
    })
  }

  opened(): void {
    this.#count += 1
  }

  /** Or it became a WebSocket, of which uWS says nothing to `watch`. */
  closed(): void {
    this.#count -= 1
  }

  get count(): number {
    return this.#count
  }

  /** From now on each answer says `Connection: close`, and is the last of its connection. */
  drain(): void {
    this.#areKept = false
  }

  get areKept(): boolean {
    return this.#areKept
  }
}
