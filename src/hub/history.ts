import { Deque } from '../base/deque.ts'
import type { Channel } from '../protocol/ids.ts'
import type { PlacedEvent } from '../protocol/placed-event.ts'

interface Kept {
  readonly entry: PlacedEvent
  /** Monotonic: since when it is held here. */
  readonly sinceMs: number
}

/** One channel's part of a merge: `entry` is the one at `next`. */
interface Run {
  readonly entries: Deque<Kept>
  next: number
  entry: PlacedEvent
}

/** What an entry costs beside its packed event: two objects and two deque places; 192 bytes measured, 219 in etcd, whose offsets are larger. */
const ENTRY_OVERHEAD_BYTES = 216

/** So long after it had to let something go for want of room, it counts as full. */
const CUT_FOR_MS = 5_000

/** The newest events, bounded by bytes and by how long they were held; the oldest go first, of whatever channel. */
export class History {
  readonly #bytesMax: number
  readonly #ttlMs: number
  readonly #all = new Deque<Kept>()
  readonly #byChannel = new Map<Channel, Deque<Kept>>()
  #bytes = 0
  #floor: number
  /** How old the oldest was when it last had to go for want of room, and when that was. */
  #cutAgeMs = Infinity
  #cutAtMs = -Infinity

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

  add(entry: PlacedEvent, nowMs: number): void {
    const kept = { entry, sinceMs: nowMs }
    this.#all.push(kept)
    this.#bytes += cost(entry)
    const ofChannel = this.#byChannel.get(entry.channel)
    if (ofChannel) ofChannel.push(kept)
    else {
      const deque = new Deque<Kept>()
      deque.push(kept)
      this.#byChannel.set(entry.channel, deque)
    }
  }

  /** Lets go what is over the bounds. */
  trim(nowMs: number): void {
    this.#dropWhile(({ sinceMs }) => sinceMs <= nowMs - this.#ttlMs)
    if (this.#bytes <= this.#bytesMax) return
    this.#cutAgeMs = nowMs - (this.#all.first()?.sinceMs ?? nowMs)
    this.#cutAtMs = nowMs
    this.#dropWhile(() => this.#bytes > this.#bytesMax)
  }

  /** How far it reaches back, where bytes are what bounds it; Infinity: it has room, or had it a moment ago. */
  reachMs(nowMs: number): number {
    return nowMs - this.#cutAtMs > CUT_FOR_MS ? Infinity : this.#cutAgeMs
  }

  /** Lets go of the oldest, down to so many bytes. */
  shrink(bytes: number): void {
    this.#dropWhile(() => this.#bytes > bytes)
  }

  /** The events of all channels after `cursor`, in order. To be read before the next `add` or `trim`. */
  *all(cursor: number): Generator<PlacedEvent> {
    for (let i = firstAfter(this.#all, cursor); ; i++) {
      const kept = this.#all.at(i)
      if (!kept) return
      yield kept.entry
    }
  }

  /** How many events of these channels come after `cursor`. Only right where `cursor >= floor`. */
  count(cursor: number, channels: readonly Channel[]): number {
    let count = 0
    for (const channel of new Set(channels)) {
      const entries = this.#byChannel.get(channel)
      if (entries) count += entries.length - firstAfter(entries, cursor)
    }
    return count
  }

  /**
   * The events of these channels after `cursor`, in order. Only whole where `cursor >= floor`. Finding the first takes a
   * binary search per channel, each one after it a step in a heap of the channels; nothing is paid for those not read.
   * To be read before the next `add` or `trim`.
   */
  *after(cursor: number, channels: readonly Channel[]): Generator<PlacedEvent> {
    const runs: Run[] = []
    for (const channel of new Set(channels)) {
      const entries = this.#byChannel.get(channel)
      if (!entries) continue
      const next = firstAfter(entries, cursor)
      const entry = entries.at(next)?.entry
      if (entry) runs.push({ entries, next, entry })
    }
    // In order is a heap, too.
    runs.sort((a, b) => a.entry.offset - b.entry.offset)
    for (let [run] = runs; run; [run] = runs) {
      yield run.entry
      advance(runs, run)
    }
  }

  #dropWhile(isToGo: (oldest: Kept) => boolean): void {
    for (let oldest = this.#all.first(); oldest && isToGo(oldest); oldest = this.#all.first()) this.#drop(oldest.entry)
  }

  #drop(entry: PlacedEvent): void {
    this.#all.shift()
    this.#bytes -= cost(entry)
    this.#floor = entry.offset
    const ofChannel = this.#byChannel.get(entry.channel)
    ofChannel?.shift()
    if (ofChannel?.length === 0) this.#byChannel.delete(entry.channel)
  }
}

function cost(entry: PlacedEvent): number {
  return entry.length + ENTRY_OVERHEAD_BYTES
}

/** Index of the first entry with an offset above `cursor`: binary search, as offsets grow. */
function firstAfter(entries: Deque<Kept>, cursor: number): number {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((entries.at(middle)?.entry.offset ?? 0) > cursor) high = middle
    else low = middle + 1
  }
  return low
}

/** Moves the run at the top of the heap on by one, and the heap's lowest offset to its top. */
function advance(heap: Run[], top: Run): void {
  const entry = top.entries.at(++top.next)?.entry
  if (entry) {
    top.entry = entry
    sink(heap, top)
    return
  }
  const last = heap.pop()
  if (last && last !== top) sink(heap, last)
}

/** Puts `run` into the heap in place of its top. */
function sink(heap: Run[], run: Run): void {
  let at = 0
  for (;;) {
    const left = heap[2 * at + 1]
    const right = heap[2 * at + 2]
    const child = left && right && right.entry.offset < left.entry.offset ? right : left
    if (!child || run.entry.offset < child.entry.offset) break
    heap[at] = child
    at = 2 * at + (child === left ? 1 : 2)
  }
  heap[at] = run
}
