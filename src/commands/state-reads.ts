import type { StoredState } from '../link/methods/rooms.ts'
import type { Refusal } from '../protocol/errors.ts'
import type { Channel } from '../protocol/ids.ts'

export type ReadState = (
  channel: Channel,
  done: (result: StoredState | Refusal) => void,
  /** When the read must be answered, monotonic. */
  untilMs: number,
) => void

interface Waiting {
  readonly done: (result: StoredState | Refusal) => void
  readonly untilMs: number
}

/**
 * Asks the primary for the retained states of channels. Of each channel there is one read at a time, shared by all who asked
 * before it began. So a state that many ask for comes over the link once, and nobody gets a state that was read before they
 * asked.
 */
export class StateReads {
  readonly #read: ReadState
  /** By channel: the requests that came after the current read began. */
  readonly #waiting = new Map<Channel, Waiting[]>()

  constructor(read: ReadState) {
    this.#read = read
  }

  read(channel: Channel, done: Waiting['done'], untilMs: number): void {
    const waiting = this.#waiting.get(channel)
    if (waiting) waiting.push({ done, untilMs })
    else this.#begin(channel, [{ done, untilMs }])
  }

  #begin(channel: Channel, askers: readonly Waiting[]): void {
    this.#waiting.set(channel, [])
    const answered = (result: StoredState | Refusal): void => {
      const next = this.#waiting.get(channel) ?? []
      this.#waiting.delete(channel)
      if (next.length > 0) this.#begin(channel, next)
      for (const { done } of askers) done(result)
    }
    // The first request has waited longest.
    this.#read(channel, answered, askers[0]?.untilMs ?? Infinity)
  }
}
