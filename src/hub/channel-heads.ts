import type { Channel } from '../protocol/ids.ts'

/**
 * Remembers the last offset of each channel, in two generations of at most `channelsMax` channels. For a forgotten channel the
 * answer is the offset at which the older generation began, which is at or after the channel's true last one. So at worst a
 * client resumes needlessly. It never misses an event.
 */
export class ChannelHeads {
  readonly #channelsMax: number
  #current = new Map<Channel, number>()
  #previous = new Map<Channel, number>()
  /** The offset before the first event that `#previous` could contain. */
  #floor: number
  /** The offset before the first event that `#current` could contain. */
  #currentFloor: number

  /** @param floor the offset before the first event that will be noted */
  constructor(channelsMax: number, floor: number) {
    this.#channelsMax = channelsMax
    this.#floor = floor
    this.#currentFloor = floor
  }

  /** Notes an event of the channel and returns its `prev`. */
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
