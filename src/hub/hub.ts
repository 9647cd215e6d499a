import type { Clock } from '../base/clock.ts'
import type { NotRecovered } from '../protocol/shapes/events.ts'
import type { Channel } from '../protocol/ids.ts'
import type { PlacedEvent } from '../protocol/placed-event.ts'
import { CONTROL_CHANNEL, type LogBatch, type LogRecord, type Store } from '../store/store.ts'
import { ChannelHeads } from './channel-heads.ts'
import { History } from './history.ts'
import { Interest } from './interest.ts'
import { Recall } from './recall.ts'
import { Slabs } from './slabs.ts'

export interface HubOptions {
  readonly store: Store
  readonly clock: Clock
  readonly historyBytes: number
  readonly historyTtlMs: number
  /** Sends entries, in order, to each worker that has connections in their channels. */
  readonly deliver: (outgoing: ReadonlyMap<number, PlacedEvent[]>) => void
}

export interface Cursor {
  readonly epoch: string
  readonly offset: number
}

export type Replay =
  | { readonly recovered: true; readonly count: number; readonly chunk: ReplayChunk }
  | { readonly recovered: false; readonly reason: NotRecovered }

/** As much of a replay as fits into one message. */
export interface ReplayChunk {
  readonly entries: readonly PlacedEvent[]
  /** Whether nothing is left up to the current head. */
  readonly complete: boolean
}

/** The share of `historyBytes` that is kept however short memory is. */
const HISTORY_SHARE_LEAST = 1 / 4

const CHUNK_BYTES_MAX = 64 * 1024

/** How many channels' last offsets are remembered exactly. About 100 bytes each, in two generations. */
const CHANNELS_MAX = 100_000

/**
 * Applies the log in order: gives each event its place, keeps the newest events, and sends each one to the workers that have
 * listeners.
 */
export class Hub {
  readonly interest = new Interest()
  readonly recall: Recall
  readonly #options: HubOptions
  readonly #slabs = new Slabs()
  #heads = new ChannelHeads(CHANNELS_MAX, 0)
  #history: History
  #head = 0
  #events = 0
  /** Keeps control records until a handler is registered. */
  #control: (body: Uint8Array) => void = (body) => this.#controlBacklog.push(body)
  #controlBacklog: Uint8Array[] = []
  /** Watchers by the `kind` of events that they watch. */
  readonly #watchers = new Map<number, (channel: Channel, record: LogRecord) => void>()
  readonly #waiting: { readonly offset: number; readonly done: () => void }[] = []

  /** Applies the stored history, then follows the log. */
  static async open(options: HubOptions): Promise<Hub> {
    const hub = new Hub(options)
    await options.store.follow({
      onStart: (floor) => hub.#startAt(floor),
      onBatch: (batch) => hub.#apply(batch),
      onProgress: (offset) => hub.#reach(offset),
    })
    // Changes that control records of the stored history announced are in the store's records already.
    hub.#controlBacklog = []
    hub.trim()
    return hub
  }

  private constructor(options: HubOptions) {
    this.#options = options
    this.#history = this.#emptyHistory(0)
    this.recall = new Recall(options.store, () => this.#head)
  }

  /** The offset up to which the log is applied: that of the newest event, or a later one. 0 before the first event. */
  get head(): number {
    return this.#head
  }

  /** Every event after this offset is held. */
  get floor(): number {
    return this.#history.floor
  }

  get epoch(): string {
    return this.#options.store.epoch
  }

  /** How far the history reaches back if it is full. Infinity if it is not. */
  get reachMs(): number {
    return this.#history.reachMs(this.#options.clock.nowMs())
  }

  /** For metrics: the number of events applied since the start, and the bytes of history held. */
  get counts(): { readonly events: number; readonly historyBytes: number } {
    return { events: this.#events, historyBytes: this.#history.bytes }
  }

  /**
   * The number of events of these channels after the cursor, with the first of them, or the reason why they cannot be given.
   * @param chunkBytesMax bytes of frames; 0 if only the count is needed
   */
  replay(cursor: Cursor | undefined, channels: readonly Channel[], chunkBytesMax = CHUNK_BYTES_MAX): Replay {
    const reason = this.whyNotHeld(cursor)
    if (!cursor || reason !== null) return { recovered: false, reason: reason ?? 'HISTORY_GONE' }
    const count = this.#history.count(cursor.offset, channels)
    const chunk = toChunk(this.#history.after(cursor.offset, channels), count, chunkBytesMax)
    return { recovered: true, count, chunk }
  }

  /** Why the events after this cursor cannot be given. Null if all of them are held here. */
  whyNotHeld(cursor: Cursor | undefined): NotRecovered | null {
    if (cursor && cursor.epoch !== this.epoch) return 'EPOCH_CHANGED'
    return cursor && this.holds(cursor) ? null : 'HISTORY_GONE'
  }

  /** Whether all events after this cursor are held here. */
  holds({ epoch, offset }: Cursor): boolean {
    return epoch === this.epoch && offset <= this.#head && offset >= this.#history.floor
  }

  /** All held events after an offset, of all channels, in order. Finish reading before anything is awaited. */
  history(after: number): Generator<PlacedEvent> {
    return this.#history.all(after)
  }

  /** The events of a channel after an offset that was the head a moment ago, so that all of them are still held. */
  since(offset: number, channel: Channel): readonly PlacedEvent[] {
    return [...this.#history.after(offset, [channel])]
  }

  /** Resolves when everything up to this offset was applied. */
  reached(offset: number): Promise<void> {
    if (this.#head >= offset) return Promise.resolve()
    return new Promise((done) => this.#waiting.push({ offset, done }))
  }

  /** Calls back with each control record since the hub was opened, earlier ones included. */
  takeControl(onControl: (body: Uint8Array) => void): void {
    this.#control = onControl
    for (const body of this.#controlBacklog.splice(0)) onControl(body)
  }

  /**
   * Calls back with the channel of each event of this kind (see `EventHead`) from now on, after the event was delivered. A kind
   * has one watcher.
   */
  watch(kind: number, onEvent: (channel: Channel, record: LogRecord) => void): void {
    this.#watchers.set(kind, onEvent)
  }

  /**
   * For when memory is short: drops the older half of the history. At least a quarter of `historyBytes` stays, for clients that
   * have just lost their connections.
   */
  halveHistory(): void {
    const least = this.#options.historyBytes * HISTORY_SHARE_LEAST
    this.#history.shrink(Math.max(this.#history.bytes / 2, least))
  }

  /** Drops history that is too old. Call this now and then. */
  trim(): void {
    this.#history.trim(this.#options.clock.nowMs())
  }

  #apply(batch: LogBatch): void {
    const outgoing = new Map<number, PlacedEvent[]>()
    batch.records.forEach((record, i) => {
      const { channel, body } = record
      const offset = batch.offset + i
      if (channel === CONTROL_CHANNEL) return this.#control(body)
      const prev = this.#heads.advance(channel, offset)
      const entry = this.#slabs.place(record, { offset, prev })
      this.#history.add(entry, this.#options.clock.nowMs())
      for (let listener = this.interest.listeners(channel); listener; listener = listener.next) {
        const entries = outgoing.get(listener.worker)
        if (entries) entries.push(entry)
        else outgoing.set(listener.worker, [entry])
      }
    })
    this.#events += batch.records.length
    this.trim()
    this.#options.deliver(outgoing)
    this.#reach(batch.offset + batch.records.length - 1)
    for (const record of batch.records) if (record.head) this.#watchers.get(record.head.kind)?.(record.channel, record)
  }

  #reach(offset: number): void {
    if (offset > this.#head) this.#head = offset
    for (let i = this.#waiting.length - 1; i >= 0; i--) {
      const waiting = this.#waiting[i]
      if (!waiting || waiting.offset > this.#head) continue
      this.#waiting.splice(i, 1)
      waiting.done()
    }
  }

  // The beginning of the log was trimmed before this process started.
  #startAt(floor: number): void {
    this.#head = floor
    this.#heads = new ChannelHeads(CHANNELS_MAX, floor)
    this.#history = this.#emptyHistory(floor)
  }

  #emptyHistory(floor: number): History {
    const { historyBytes, historyTtlMs } = this.#options
    return new History({ bytesMax: historyBytes, ttlMs: historyTtlMs, floor })
  }
}

/**
 * The first entries, up to `bytesMax` bytes of frames. At least one entry, however large, unless `bytesMax` is 0.
 * @param count the number of entries; Infinity if more will follow from elsewhere
 */
export function toChunk(entries: Iterable<PlacedEvent>, count: number, bytesMax = CHUNK_BYTES_MAX): ReplayChunk {
  const chunk: PlacedEvent[] = []
  let bytes = 0
  if (bytesMax > 0) {
    for (const entry of entries) {
      bytes += entry.length
      if (bytes > bytesMax && chunk.length > 0) break
      chunk.push(entry)
    }
  }
  return { entries: chunk, complete: chunk.length === count }
}
