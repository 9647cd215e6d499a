import type { Channel } from '../protocol/ids.ts'

/**
 * What all retained states may take together: any player may retain one in each room it makes by joining, and a store that is full of
 * them takes nothing else. Counted by each node, by what it found at its start and what it put.
 */
export class StateBudget {
  readonly #bytesMax: number
  readonly #bytes = new Map<Channel, number>()
  #total = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get bytes(): number {
    return this.#total
  }

  /** What is there already counts, whatever it is. */
  note(channel: Channel, bytes: number): void {
    this.#total += bytes - (this.#bytes.get(channel) ?? 0)
    this.#bytes.set(channel, bytes)
  }

  forget(channel: Channel): void {
    this.#total -= this.#bytes.get(channel) ?? 0
    this.#bytes.delete(channel)
  }

  /** Takes the place for a state, and returns what gives it back if the state is not put. Returns undefined if there is no place. */
  take(channel: Channel, bytes: number): (() => void) | undefined {
    const before = this.#bytes.get(channel)
    if (bytes > (before ?? 0) && this.#total - (before ?? 0) + bytes > this.#bytesMax) return undefined
    this.note(channel, bytes)
    return () => {
      if (before === undefined) this.forget(channel)
      else this.note(channel, before)
    }
  }
}
