import type { Channel } from '../protocol/ids.ts'
import type { PlacedEvent } from '../protocol/placed-event.ts'
import { StoreUnavailable, type LogBatch, type LogRecord, type Store } from '../store/store.ts'
import { placeAlone } from './pack-event.ts'

/** Events that are older than what the hub holds, for one who comes back. */
export interface Recalled {
  readonly entries: readonly PlacedEvent[]
  /** Every event up to here is in it; what follows is held by the hub. */
  readonly upTo: number
}

interface Request {
  readonly after: number
  /** Each with the offset of the last event that was found in it. */
  readonly channels: Map<Channel, number>
  readonly entries: PlacedEvent[]
  bytes: number
  readonly done: (entries: readonly PlacedEvent[] | undefined) => void
}

/** Of bodies: for one who comes back, and for all who wait for the same reading. */
const BYTES_MAX = 4 * 1024 * 1024
const BYTES_TOTAL_MAX = 64 * 1024 * 1024

/** Reads from the store what the hub holds no more. One reading at a time, for all who wait for it. */
export class Recall {
  readonly #store: Store
  /** The newest event that the hub has applied. */
  readonly #head: () => number
  #waiting: Request[] = []
  #running = false

  constructor(store: Store, head: () => number) {
    this.#store = store
    this.#head = head
  }

  /** undefined: the store does not have it, or not now, or it is too much. */
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

/** Gives the bytes that were taken. What is too much is not kept. */
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
