/** The connections of a worker on all its ports: how many there are, and whether HTTP connections may stay open. */
export class HttpConnections {
  #count = 0
  #webSockets = 0
  #areKept: boolean

  /** @param areKept whether a connection stays open after an answer */
  constructor(areKept: boolean) {
    this.#areKept = areKept
  }

  opened(): void {
    this.#count += 1
  }

  /** Also called if the connection becomes a WebSocket, which uWS does not report to filters. */
  closed(): void {
    this.#count -= 1
  }

  webSocketOpened(): void {
    this.#webSockets += 1
  }

  webSocketClosed(): void {
    this.#webSockets -= 1
  }

  /** Each of them takes a file descriptor. */
  get sockets(): number {
    return this.#count + this.#webSockets
  }

  /** Those that speak HTTP. */
  get count(): number {
    return this.#count
  }

  /** From now on each answer says `Connection: close`, and ends its connection. */
  drain(): void {
    this.#areKept = false
  }

  get areKept(): boolean {
    return this.#areKept
  }
}
