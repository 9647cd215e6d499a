import { Deque } from '../base/deque.ts'
import type { Channel } from '../protocol/ids.ts'
import type { PlacedEvent } from '../protocol/placed-event.ts'

interface Kept {
  readonly entry: PlacedEvent
  /** When this process got it. Monotonic. */
  readonly sinceMs: number
}

/** The entries of one channel in a merge. `entry` is the one at `next`. */
interface Run {
  readonly entries: Deque<Kept>
  next: number
  entry: PlacedEvent
}

/**
 * Memory of an entry in addition to its packed event: two objects and two places in deques. Measured: 192 bytes, or 219 with
 * etcd, whose offsets are larger.
 */
const ENTRY_OVERHEAD_BYTES = 216

/** For this long after it dropped events for lack of space, the history counts as full. */
const CUT_FOR_MS = 5_000

/**
 * The newest events, limited by bytes and by how long they have been held. The oldest are dropped first, whatever their channel.
 */
export class History {
  readonly #bytesMax: number
  readonly #ttlMs: number
  readonly #all = new Deque<Kept>()
  readonly #byChannel = new Map<Channel, Deque<Kept>>()
  #bytes = 0
  #floor: number
  /** How old the oldest event was when events were last dropped for lack of space, and when that was. */
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

  /** Drops what exceeds the limits. */
  trim(nowMs: number): void {
    this.#dropWhile(({ sinceMs }) => sinceMs <= nowMs - this.#ttlMs)
    if (this.#bytes <= this.#bytesMax) return
    this.#cutAgeMs = nowMs - (this.#all.first()?.sinceMs ?? nowMs)
    this.#cutAtMs = nowMs
    this.#dropWhile(() => this.#bytes > this.#bytesMax)
  }

  /** How far back it reaches if space limits it. Infinity if it has not dropped events for lack of space in the last 5 s. */
  reachMs(nowMs: number): number {
    return nowMs - this.#cutAtMs > CUT_FOR_MS ? Infinity : this.#cutAgeMs
  }

  /** Drops the oldest events until at most so many bytes are left. */
  shrink(bytes: number): void {
    this.#dropWhile(() => this.#bytes > bytes)
  }

  /** The events of all channels after `cursor`, in order. Finish reading before the next `add` or `trim`. */
  *all(cursor: number): Generator<PlacedEvent> {
    for (let i = firstAfter(this.#all, cursor); ; i++) {
      const kept = this.#all.at(i)
      if (!kept) return
      yield kept.entry
    }
  }

  /** How many events of these channels come after `cursor`. Correct only if `cursor >= floor`. */
  count(cursor: number, channels: readonly Channel[]): number {
    let count = 0
    for (const channel of new Set(channels)) {
      const entries = this.#byChannel.get(channel)
      if (entries) count += entries.length - firstAfter(entries, cursor)
    }
    return count
  }

  /**
   * The events of these channels after `cursor`, in order. Complete only if `cursor >= floor`. Finding the first one takes a
   * binary search for each channel, and each further one a step in a heap of the channels. Entries that are not read cost
   * nothing. Finish reading before the next `add` or `trim`.
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
    // A sorted list is a valid heap.
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

/** The index of the first entry with an offset above `cursor`. Binary search works because offsets grow. */
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

/** Moves the top run of the heap to its next entry, then restores the heap. */
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

/** Replaces the top of the heap by `run` and restores the heap. */
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
