import type { JsonArgs } from './definition.ts'

/** A timer that has not run yet. `due`: a tick; where ticks have no length, Unix time in milliseconds. */
export interface Timer {
  readonly id: number
  readonly name: string
  readonly due: number
  readonly args: JsonArgs
}

/** The timers of a room, by when they are due; of the same time the older first. */
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

  /** Puts back what `all` was. */
  set all(timers: readonly Timer[]) {
    this.#timers = [...timers]
  }

  /** Given to the next one; a callback that comes to nothing sets it back. */
  get nextId(): number {
    return this.#nextId
  }

  set nextId(id: number) {
    this.#nextId = id
  }

  /** undefined: none waits. */
  get nextDue(): number | undefined {
    return this.#timers[0]?.due
  }

  newId(): number {
    return this.#nextId++
  }

  add(timer: Timer): void {
    // A timer that was set by what followed from a callback may come before the callback's own.
    const behind = this.#timers.findIndex(({ due, id }) => due > timer.due || (due === timer.due && id > timer.id))
    this.#timers.splice(behind === -1 ? this.#timers.length : behind, 0, timer)
  }

  cancel(id: number): void {
    this.#timers = this.#timers.filter((timer) => timer.id !== id)
  }

  /** The first that is due by then, and was there before `beforeId`; it does not wait any more. */
  takeDue(now: number, beforeId: number): Timer | undefined {
    const at = this.#timers.findIndex(({ due, id }) => due <= now && id < beforeId)
    return at === -1 ? undefined : this.#timers.splice(at, 1)[0]
  }
}
