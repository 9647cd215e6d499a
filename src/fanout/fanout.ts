import type { SmallSet } from '../base/small-set.ts'
import type { Traces } from '../base/trace.ts'
import type { Encoding } from '../protocol/events.ts'
import { isUserChannel, type Channel } from '../protocol/ids.ts'
import type { PlacedEvent } from '../protocol/placed-event.ts'
import { inEncoding } from './encodings.ts'
import { toLateEvent, type LateEvent } from './outbox.ts'
import { startDelivery } from './traced.ts'

export interface FanoutOptions {
  /** @param frame the event's, in the encoding of the topic */
  readonly publish: (topic: string, frame: Uint8Array, isBinary: boolean, event: PlacedEvent) => void
  readonly traces: Traces
  /** How many events went to how many sockets, all together, and the bytes of what was published. */
  readonly onPublished: (events: number, deliveries: number, bytes: number) => void
}

/** A member who reads too slowly for the topics: each event is given to it by itself. */
export interface Laggard {
  readonly channels: SmallSet<Channel>
  readonly late: (event: LateEvent) => void
}

/** Somebody whom events go to. */
export interface Member {
  readonly encoding: Encoding
  /** While it reads too slowly for topics, and for this: its events are given to its `Laggard`. */
  readonly lag: object | undefined
  readonly socket: { subscribe(topic: string): void; unsubscribe(topic: string): void }
  /** Events that it alone gets, in their order, with one write. */
  sendPlaced(events: readonly PlacedEvent[]): void
}

/** The members of a channel that has topics: how many there are with an encoding. */
class Group {
  json = 0
  msgpack = 0
  readonly channel: Channel
  readonly topics: Readonly<Record<Encoding, string>>

  constructor(channel: Channel) {
    this.channel = channel
    this.topics = { json: `j:${channel}`, msgpack: `m:${channel}` }
  }

  get size(): number {
    return this.json + this.msgpack
  }

  add(member: Member): void {
    this[member.encoding]++
    // Who lags subscribes when that is over.
    if (!member.lag) member.socket.subscribe(this.topics[member.encoding])
  }

  remove(member: Member): void {
    this[member.encoding]--
    if (!member.lag) member.socket.unsubscribe(this.topics[member.encoding])
  }
}

/**
 * Publishes events to the members of their channels, in the order in which they come. Most channels are a user's, and most users have one
 * connection: it is sent to directly, as a native topic of its own takes 450 bytes. Every member has the topic of its namespace, which uWS
 * needs, too: with its last topic a socket loses what was published to it in the same turn of the event loop.
 */
export class Fanout {
  readonly #options: FanoutOptions
  readonly #channels = new Map<Channel, Member | Group>()
  readonly #laggards = new Set<Laggard>()
  /** What is about to be sent to those who are alone. */
  readonly #held = new Map<Member, PlacedEvent[]>()

  constructor(options: FanoutOptions) {
    this.#options = options
  }

  /** Gives the channel's name for the member to keep: mostly the same string for all of them. */
  addMember(channel: Channel, member: Member): Channel {
    const there = this.#channels.get(channel)
    if (!there && isUserChannel(channel)) {
      this.#channels.set(channel, member)
      return channel
    }
    const group = there instanceof Group ? there : this.#makeGroup(channel, there)
    group.add(member)
    return group.channel
  }

  removeMember(channel: Channel, member: Member): void {
    const there = this.#channels.get(channel)
    if (there instanceof Group) {
      there.remove(member)
      if (there.size > 0) return
    } else if (there !== member) return
    this.#channels.delete(channel)
  }

  /** So many members the channel has here. */
  countOf(channel: Channel): number {
    const there = this.#channels.get(channel)
    if (there instanceof Group) return there.size
    return there === undefined ? 0 : 1
  }

  /** The native topics of some of the member's channels: of those where it is not alone. */
  topicsOf({ encoding }: Member, channels: Iterable<Channel>): readonly string[] {
    const topics: string[] = []
    for (const channel of channels) {
      const there = this.#channels.get(channel)
      if (there instanceof Group) topics.push(there.topics[encoding])
    }
    return topics
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

  publish(events: readonly PlacedEvent[]): void {
    const total = { events: 0, deliveries: 0, bytes: 0 }
    const { tracer } = this.#options.traces
    for (const event of events) {
      const there = this.#channels.get(event.channel)
      if (!there) continue
      const deliveries = there instanceof Group ? there.size : 1
      const span = tracer === undefined ? undefined : startDelivery(tracer, event, deliveries)
      if (there instanceof Group) total.bytes += this.#publishTo(there, event)
      else this.#hold(there, event)
      if (this.#laggards.size > 0) this.#giveToLaggards(event)
      total.events++
      total.deliveries += deliveries
      if (span !== undefined) span.end()
    }
    this.#sendHeld()
    if (total.events > 0) this.#options.onPublished(total.events, total.deliveries, total.bytes)
  }

  /** Gives the bytes that go out. */
  #publishTo({ json, msgpack, topics }: Group, event: PlacedEvent): number {
    // Some of those whose events are held may be members here.
    this.#sendHeld()
    const { frame } = event
    if (json > 0) this.#options.publish(topics.json, frame, false, event)
    if (msgpack === 0) return json * frame.length
    const packed = inEncoding(frame, 'msgpack')
    this.#options.publish(topics.msgpack, packed, true, event)
    return json * frame.length + msgpack * packed.length
  }

  #hold(member: Member, event: PlacedEvent): void {
    if (member.lag) return
    const held = this.#held.get(member)
    if (held) held.push(event)
    else this.#held.set(member, [event])
  }

  /** A socket that is sent to gets first what was published to its topics before. */
  #sendHeld(): void {
    if (this.#held.size === 0) return
    for (const [member, events] of this.#held) member.sendPlaced(events)
    this.#held.clear()
  }

  /** From now on there is a topic, also for who was alone. */
  #makeGroup(channel: Channel, first: Member | undefined): Group {
    const group = new Group(channel)
    this.#channels.set(channel, group)
    if (first) group.add(first)
    return group
  }

  #giveToLaggards(event: PlacedEvent): void {
    let late: LateEvent | undefined
    for (const laggard of this.#laggards) {
      if (!laggard.channels.has(event.channel)) continue
      late ??= toLateEvent(event)
      laggard.late(late)
    }
  }
}
