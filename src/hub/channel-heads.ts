import type { Channel } from '../protocol/ids.ts'

/**
 * The last offset of each channel, as far as it is remembered: two generations of at most `channelsMax` channels. For a
 * channel that was let go, the answer is the offset at which its generation began, which is at or after its true last
 * one: at worst a client resumes for nothing, and never misses an event.
 */
export class ChannelHeads {
  readonly #channelsMax: number
  #current = new Map<Channel, number>()
  #previous = new Map<Channel, number>()
  /** Before the first event that `#previous` could know. */
  #floor: number
  /** Before the first event that `#current` could know. */
  #currentFloor: number

  /** @param floor the offset before the first event that will be noted */
  constructor(channelsMax: number, floor: number) {
    this.#channelsMax = channelsMax
    this.#floor = floor
    this.#currentFloor = floor
  }

  /** Notes an event of the channel and gives its `prev`. */
  advance(channel: Channel, offset: number): number {
    const prev = this.#current.get(channel) ?? this.#previous.get(channel) ?? this.#floor
    if (this.#current.size >= this.#channelsMax && !this.#current.has(channel)) {
      this.#previous = this.#current
      this.#current = new Map()
      this.#floor = this.#currentFloor
      this.#currentFloor = offset - 1
    }
    this.#current.set(channel, offset)
    return prev
  }
}
