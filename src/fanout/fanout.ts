import type { SmallSet } from '../base/small-set.ts'
import type { Traces } from '../base/trace.ts'
import type { BlockEvent } from '../link/event-block.ts'
import type { Encoding } from '../protocol/events.ts'
import type { Channel } from '../protocol/ids.ts'
import { inEncoding } from './encodings.ts'
import { toLateEvent, type LateEvent } from './outbox.ts'
import { startDelivery } from './traced.ts'

/** The native topic of a channel's members with one encoding. */
export function topicOf(channel: Channel, encoding: Encoding): string {
  return `${encoding === 'json' ? 'j' : 'm'}:${channel}`
}

export interface FanoutOptions {
  readonly publish: (topic: string, frame: Uint8Array, isBinary: boolean) => void
  readonly traces: Traces
  /** How many events went to how many sockets, all together, and the bytes of that. */
  readonly onPublished: (events: number, deliveries: number, bytes: number) => void
}

/** A member who reads too slowly for the topics: each event is given to it by itself. */
export interface Laggard {
  readonly channels: SmallSet<Channel>
  readonly late: (event: LateEvent) => void
}

/** How many there are with an encoding. Flat, and topics only where something was said: most channels are a user's. */
type Members = Record<Encoding, number> & { topics: Readonly<Record<Encoding, string>> | undefined }

/** Publishes events to the members of their channels, in the order in which they come. */
export class Fanout {
  readonly #options: FanoutOptions
  readonly #members = new Map<Channel, Members>()
  readonly #laggards = new Set<Laggard>()

  constructor(options: FanoutOptions) {
    this.#options = options
  }

  addMember(channel: Channel, encoding: Encoding): void {
    let members = this.#members.get(channel)
    if (!members) {
      members = { json: 0, msgpack: 0, topics: undefined }
      this.#members.set(channel, members)
    }
    members[encoding]++
  }

  removeMember(channel: Channel, encoding: Encoding): void {
    const members = this.#members.get(channel)
    if (!members) return
    members[encoding]--
    if (members.json + members.msgpack === 0) this.#members.delete(channel)
  }

  /** Its channels count as having it as a member all the same. */
  addLaggard(laggard: Laggard): void {
    this.#laggards.add(laggard)
  }

  removeLaggard(laggard: Laggard): void {
    this.#laggards.delete(laggard)
  }

  get laggards(): number {
    return this.#laggards.size
  }

  publish(events: readonly BlockEvent[]): void {
    let published = 0
    let deliveries = 0
    let bytes = 0
    const { tracer } = this.#options.traces
    for (const { channel, frame } of events) {
      const members = this.#members.get(channel)
      if (!members) continue
      const { json, msgpack } = members
      const topics = (members.topics ??= { json: topicOf(channel, 'json'), msgpack: topicOf(channel, 'msgpack') })
      const span = tracer === undefined ? undefined : startDelivery(tracer, channel, frame, json + msgpack)
      if (json > 0) this.#options.publish(topics.json, frame, false)
      bytes += json * frame.length
      if (msgpack > 0) {
        const packed = inEncoding(frame, 'msgpack')
        this.#options.publish(topics.msgpack, packed, true)
        bytes += msgpack * packed.length
      }
      if (this.#laggards.size > 0) this.#giveToLaggards(channel, frame)
      published++
      deliveries += json + msgpack
      if (span !== undefined) span.end()
    }
    if (published > 0) this.#options.onPublished(published, deliveries, bytes)
  }

  #giveToLaggards(channel: Channel, frame: Uint8Array): void {
    let event: LateEvent | undefined
    for (const laggard of this.#laggards) {
      if (!laggard.channels.has(channel)) continue
      event ??= toLateEvent(channel, frame)
      laggard.late(event)
    }
  }
}
