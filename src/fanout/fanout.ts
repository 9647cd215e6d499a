import type { Clock } from '../base/clock.ts'
import type { Encoding } from '../protocol/events.ts'
import type { Channel } from '../protocol/ids.ts'
import type { WireEntry } from '../link/methods.ts'
import { buildFrame } from './frames.ts'

/** The native topic of a channel's members with one encoding. */
export function topicOf(channel: Channel, encoding: Encoding): string {
  return `${encoding === 'json' ? 'j' : 'm'}:${channel}`
}

export interface FanoutOptions {
  readonly publish: (topic: string, frame: Uint8Array, isBinary: boolean) => void
  readonly intervalMs: number
  readonly clock: Clock
  /** Runs `action` after `delayMs`. */
  readonly schedule: (action: () => void, delayMs: number) => void
  readonly onPublished: (deliveries: number) => void
}

const ENCODINGS = ['json', 'msgpack'] as const

/**
 * Publishes entries to the members of their channels. One `send` per socket and flush is what fan-out costs, so what
 * belongs together is gathered: at once when nothing went out in the last interval, at the interval's end otherwise.
 */
export class Fanout {
  readonly #options: FanoutOptions
  readonly #members = new Map<Channel, Record<Encoding, number>>()
  #pending: (WireEntry | (() => void))[] = []
  #flushedAtMs = -Infinity
  #scheduled = false

  constructor(options: FanoutOptions) {
    this.#options = options
  }

  get queueLength(): number {
    return this.#pending.length
  }

  addMember(channel: Channel, encoding: Encoding): void {
    let counts = this.#members.get(channel)
    if (!counts) this.#members.set(channel, (counts = { json: 0, msgpack: 0 }))
    counts[encoding]++
  }

  removeMember(channel: Channel, encoding: Encoding): void {
    const counts = this.#members.get(channel)
    if (!counts) return
    counts[encoding]--
    if (counts.json + counts.msgpack === 0) this.#members.delete(channel)
  }

  /** Entries in the order of the log. */
  add(entries: readonly WireEntry[]): void {
    for (const entry of entries) this.#pending.push(entry)
    this.#flushWhenDue()
  }

  /**
   * Runs `action` when all entries that were added before it have been published, and before any later one is: so a
   * socket that is subscribed in it gets exactly what comes after.
   */
  inOrder(action: () => void): void {
    this.#pending.push(action)
    this.#flushWhenDue()
  }

  flush(): void {
    const pending = this.#pending
    this.#pending = []
    this.#flushedAtMs = this.#options.clock.nowMs()
    for (const item of pending) {
      if (typeof item === 'function') item()
      else this.#publish(item)
    }
  }

  #flushWhenDue(): void {
    if (this.#scheduled) return
    const waitMs = this.#flushedAtMs + this.#options.intervalMs - this.#options.clock.nowMs()
    if (waitMs <= 0) {
      this.flush()
      return
    }
    this.#scheduled = true
    this.#options.schedule(() => {
      this.#scheduled = false
      this.flush()
    }, waitMs)
  }

  #publish(entry: WireEntry): void {
    const channel = entry[2]
    const counts = this.#members.get(channel)
    if (!counts) return
    for (const encoding of ENCODINGS) {
      if (counts[encoding] === 0) continue
      this.#options.publish(topicOf(channel, encoding), buildFrame(entry, encoding), encoding === 'msgpack')
    }
    this.#options.onPublished(counts.json + counts.msgpack)
  }
}
