import type { StoredState } from '../link/methods/rooms.ts'
import type { Refusal } from '../protocol/errors.ts'
import type { Channel } from '../protocol/ids.ts'

export type ReadState = (
  channel: Channel,
  done: (result: StoredState | Refusal) => void,
  /** When it has to be answered. */
  untilMs: number,
) => void

interface Waiting {
  readonly done: (result: StoredState | Refusal) => void
  readonly untilMs: number
}

/**
 * What channels retain, asked of the primary: of each channel one read at a time, which is for all who asked before it began. So a state that
 * many ask for comes over the link once for all of them, and nobody gets one that was read before they asked.
 */
export class StateReads {
  readonly #read: ReadState
  /** Those who asked after the read that is under way began. */
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
    // The first has waited longest.
    this.#read(channel, answered, askers[0]?.untilMs ?? Infinity)
  }
}
