/** The connections of a worker, on all its ports: how many there are, and whether those that speak HTTP may stay. */
export class HttpConnections {
  #count = 0
  #webSockets = 0
  #areKept: boolean

  /** @param areKept whether a connection goes on after an answer */
  constructor(areKept: boolean) {
    this.#areKept = areKept
  }

  opened(): void {
    this.#count += 1
  }

  /** Or it becomes a WebSocket: uWS does not say that to filters. */
  closed(): void {
    this.#count -= 1
  }

  webSocketOpened(): void {
    this.#webSockets += 1
  }

  webSocketClosed(): void {
    this.#webSockets -= 1
  }

  /** Each takes a descriptor. */
  get sockets(): number {
    return this.#count + this.#webSockets
  }

  /** Those that speak HTTP. */
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
