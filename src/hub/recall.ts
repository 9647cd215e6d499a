import type { Channel } from '../protocol/ids.ts'
import type { PlacedEvent } from '../protocol/placed-event.ts'
import { StoreUnavailable, type LogBatch, type LogRecord, type Store } from '../store/store.ts'
import { placeAlone } from './pack-event.ts'

/** Events for a returning client that are older than what the hub holds. */
export interface Recalled {
  readonly entries: readonly PlacedEvent[]
  /** Every event up to this offset is included. The hub holds what follows. */
  readonly upTo: number
}

interface Request {
  readonly after: number
  /** The channels, each with the offset of the last event found in it. */
  readonly channels: Map<Channel, number>
  readonly entries: PlacedEvent[]
  bytes: number
  readonly done: (entries: readonly PlacedEvent[] | undefined) => void
}

/** Limits of the bodies' bytes: for one request, and for all that share a reading. */
const BYTES_MAX = 4 * 1024 * 1024
const BYTES_TOTAL_MAX = 64 * 1024 * 1024

/**
 * Reads from the store what the hub no longer holds. Only one reading is under way at a time. Requests that come meanwhile share
 * the next one.
 */
export class Recall {
  readonly #store: Store
  /** The offset of the newest event that the hub has applied. */
  readonly #head: () => number
  #waiting: Request[] = []
  #running = false

  constructor(store: Store, head: () => number) {
    this.#store = store
    this.#head = head
  }

  /** Returns undefined if the store does not have the events, cannot be read now, or if they are too many bytes. */
  async read(after: number, channels: readonly Channel[]): Promise<Recalled | undefined> {
    const upTo = this.#head()
    const { promise, resolve } = Promise.withResolvers<readonly PlacedEvent[] | undefined>()
    const ends = new Map(channels.map((channel) => [channel, after]))
    this.#waiting.push({ after, channels: ends, entries: [], bytes: 0, done: resolve })
    if (!this.#running) void this.#run()
    const entries = await promise
    return entries && { entries: entries.filter(({ offset }) => offset <= upTo), upTo }
  }

  async #run(): Promise<void> {
    this.#running = true
    while (this.#waiting.length > 0) {
      const requests = this.#waiting
      this.#waiting = []
      const isWhole = await this.#scan(requests)
      for (const { done, entries, bytes } of requests) done(isWhole && bytes <= BYTES_MAX ? entries : undefined)
    }
    this.#running = false
  }

  async #scan(requests: readonly Request[]): Promise<boolean> {
    const byChannel = Map.groupBy(
      requests.flatMap((request) => Array.from(request.channels.keys(), (channel) => ({ channel, request }))),
      ({ channel }) => channel,
    )
    const after = Math.min(...requests.map((request) => request.after))
    let total = 0
    const take = (batch: LogBatch) => {
      batch.records.forEach((record, i) => {
        for (const { request } of byChannel.get(record.channel) ?? []) {
          if (total > BYTES_TOTAL_MAX) request.bytes = Infinity
          total += add(request, record, batch.offset + i)
        }
      })
    }
    try {
      return await this.#store.history({ after, upTo: this.#head() }, take)
    } catch (cause) {
      if (cause instanceof StoreUnavailable) return false
      throw cause
    }
  }
}

/** Returns the number of bytes taken. If a request exceeds its limit, nothing is kept for it. */
function add(request: Request, record: LogRecord, offset: number): number {
  const { channel, body } = record
  const prev = request.channels.get(channel)
  if (prev === undefined || offset <= request.after) return 0
  request.bytes += body.length
  if (request.bytes > BYTES_MAX) {
    request.entries.length = 0
    return 0
  }
  request.channels.set(channel, offset)
  request.entries.push(placeAlone(record, { offset, prev }))
  return body.length
}
