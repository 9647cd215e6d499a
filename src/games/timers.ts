import type { JsonArgs } from './definition.ts'

/** A timer that has not run yet. `due` is a tick. In a room without a tick rate it is Unix time in milliseconds. */
export interface Timer {
  readonly id: number
  readonly name: string
  readonly due: number
  readonly args: JsonArgs
}

/** The timers of a room, sorted by when they are due. If two are due at the same time, the older one comes first. */
export class Timers {
  #timers: Timer[]
  #nextId: number

  constructor(timers: readonly Timer[] = [], nextId = 1) {
    this.#timers = [...timers]
    this.#nextId = nextId
  }

  get all(): readonly Timer[] {
    return this.#timers
  }

  /** Puts back an earlier value of `all`. */
  set all(timers: readonly Timer[]) {
    this.#timers = [...timers]
  }

  /** The id of the next timer. If a callback is undone, it is set back. */
  get nextId(): number {
    return this.#nextId
  }

  set nextId(id: number) {
    this.#nextId = id
  }

  /** Undefined if no timer waits. */
  get nextDue(): number | undefined {
    return this.#timers[0]?.due
  }

  newId(): number {
    return this.#nextId++
  }

  add(timer: Timer): void {
    // A callback can cause others (by a kick, for example) whose timers are added before its own, although its own have smaller
    // ids.
    const behind = this.#timers.findIndex(({ due, id }) => due > timer.due || (due === timer.due && id > timer.id))
    this.#timers.splice(behind === -1 ? this.#timers.length : behind, 0, timer)
  }

  cancel(id: number): void {
    this.#timers = this.#timers.filter((timer) => timer.id !== id)
  }

  /** Removes and returns the first timer that is due by `now` and is older than `beforeId`. */
  takeDue(now: number, beforeId: number): Timer | undefined {
    const at = this.#timers.findIndex(({ due, id }) => due <= now && id < beforeId)
    return at === -1 ? undefined : this.#timers.splice(at, 1)[0]
  }
}
