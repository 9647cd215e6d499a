type Turn = (done: () => void) => void

/** How many turns of one connection may wait. This bounds the cost of a client that does not wait for answers. */
const WAITING_MAX = 256

/**
 * What a connection does one after another: its replay, its joins and leaves, and, while one of these is under way, every later
 * request. So requests that were sent together are carried out in their order.
 */
export class Turns {
  readonly #waiting: { readonly turn: Turn; readonly isRoom: boolean }[] = []
  #isBusy = false
  #rooms = 0
  /** When the last replay ended, monotonic. Before that, requests wait only because their own client has not read the replay. */
  replayedAtMs = -Infinity
  isReplaying = false

  /** Whether a join or a leave is under way or waits. */
  get isChangingRooms(): boolean {
    return this.#rooms > 0
  }

  get isIdle(): boolean {
    return !this.#isBusy && this.#waiting.length === 0
  }

  get isFull(): boolean {
    return this.#waiting.length >= WAITING_MAX
  }

  /** Runs `turn` when all earlier turns have called `done`, or now if there are none. */
  take(turn: Turn, isRoom = false): void {
    if (isRoom) this.#rooms++
    this.#waiting.push({ turn, isRoom })
    if (!this.#isBusy) this.#next()
  }

  /** Drops everything that waits, because the connection is closed. */
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
