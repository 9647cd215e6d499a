type Turn = (done: () => void) => void

/** What may wait of one connection, so that a client that does not wait for answers costs a bounded amount. */
const WAITING_MAX = 256

/**
 * What a connection does one after another: its replay, its joins and leaves, and, while one of those two is under way,
 * whatever it asked for behind it. So requests that were sent together are carried out in their order.
 */
export class Turns {
  readonly #waiting: { readonly turn: Turn; readonly isRoom: boolean }[] = []
  #isBusy = false
  #rooms = 0
  /** When the last replay ended; monotonic. Until then requests wait for their own client, which has to read it. */
  replayedAtMs = -Infinity
  isReplaying = false

  /** A join or a leave is under way or waits. */
  get isChangingRooms(): boolean {
    return this.#rooms > 0
  }

  /** Nothing is under way, and nothing waits. */
  get isIdle(): boolean {
    return !this.#isBusy && this.#waiting.length === 0
  }

  get isFull(): boolean {
    return this.#waiting.length >= WAITING_MAX
  }

  /** Runs `turn` when those before it have called `done`; now, where there are none. */
  take(turn: Turn, isRoom = false): void {
    if (isRoom) this.#rooms++
    this.#waiting.push({ turn, isRoom })
    if (!this.#isBusy) this.#next()
  }

  /** The connection is closed: nothing that waits is done. */
  clear(): void {
    this.#waiting.length = 0
    this.#rooms = 0
  }

  #next(): void {
    const next = this.#waiting.shift()
    this.#isBusy = next !== undefined
    if (!next) return
    let isDone = false
    next.turn(() => {
      if (isDone) return
      isDone = true
      if (next.isRoom) this.#rooms--
      this.#next()
    })
  }
}
