import { Deque } from '../base/deque.ts'
import type { Channel } from '../protocol/ids.ts'

/** An event with its place in the log. */
export interface Entry {
  readonly offset: number
  readonly prev: number
  readonly channel: Channel
  /** UTF-8 of the envelope as a JSON object, without `offset` and `prev`. */
  readonly body: Uint8Array
}

interface Kept {
  readonly entry: Entry
  readonly committedAtMs: number
}

/** What an entry costs beside its body, estimated: two objects, two deque places, a view on its buffer. */
const ENTRY_OVERHEAD_BYTES = 256

/** The newest events, bounded by bytes and age; the oldest go first, of whatever channel. */
export class History {
  readonly #bytesMax: number
  readonly #ttlMs: number
  readonly #all = new Deque<Kept>()
  readonly #byChannel = new Map<Channel, Deque<Entry>>()
  #bytes = 0
  #floor: number

  /** @param floor the offset before the first event that will be added */
  constructor(options: { readonly bytesMax: number; readonly ttlMs: number; readonly floor: number }) {
    this.#bytesMax = options.bytesMax
    this.#ttlMs = options.ttlMs
    this.#floor = options.floor
  }

  /** Every event after this offset is held. */
  get floor(): number {
    return this.#floor
  }

  get bytes(): number {
    return this.#bytes
  }

  add(entry: Entry, committedAtMs: number): void {
    this.#all.push({ entry, committedAtMs })
    this.#bytes += cost(entry)
    const ofChannel = this.#byChannel.get(entry.channel)
    if (ofChannel) ofChannel.push(entry)
    else {
      const deque = new Deque<Entry>()
      deque.push(entry)
      this.#byChannel.set(entry.channel, deque)
    }
  }

  /** Lets go what is over the bounds. */
  trim(nowMs: number): void {
    for (let oldest = this.#all.first(); oldest; oldest = this.#all.first()) {
      if (this.#bytes <= this.#bytesMax && oldest.committedAtMs > nowMs - this.#ttlMs) return
      this.#drop(oldest.entry)
    }
  }

  *all(): Generator<Entry> {
    for (const { entry } of this.#all) yield entry
  }

  /** The events of these channels after `cursor`, in order. Only whole where `cursor >= floor`. */
  after(cursor: number, channels: readonly Channel[]): readonly Entry[] {
    const found: Entry[] = []
    for (const channel of new Set(channels)) {
      const entries = this.#byChannel.get(channel)
      if (!entries) continue
      for (let i = firstAfter(entries, cursor); i < entries.length; i++) {
        const entry = entries.at(i)
        if (entry) found.push(entry)
      }
    }
    return found.sort((a, b) => a.offset - b.offset)
  }

  #drop(entry: Entry): void {
    this.#all.shift()
    this.#bytes -= cost(entry)
    this.#floor = entry.offset
    const ofChannel = this.#byChannel.get(entry.channel)
    ofChannel?.shift()
    if (ofChannel?.length === 0) this.#byChannel.delete(entry.channel)
  }
}

function cost(entry: Entry): number {
  return entry.body.length + ENTRY_OVERHEAD_BYTES
}

/** Index of the first entry with an offset above `cursor`: binary search, as offsets grow. */
function firstAfter(entries: Deque<Entry>, cursor: number): number {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((entries.at(middle)?.offset ?? 0) > cursor) high = middle
    else low = middle + 1
  }
  return low
}
