import type { SmallSet } from '../base/small-set.ts'
import type { Traces } from '../base/trace.ts'
import type { Encoding } from '../protocol/events.ts'
import { isUserChannel, type Channel } from '../protocol/ids.ts'
import type { PlacedEvent } from '../protocol/placed-event.ts'
import { inEncoding } from './encodings.ts'
import { toLateEvent, type LateEvent } from './outbox.ts'
import { startDelivery } from './traced.ts'

export interface FanoutOptions {
  /** @param frame the frame of the event, in the encoding of the topic */
  readonly publish: (topic: string, frame: Uint8Array, isBinary: boolean, event: PlacedEvent) => void
  readonly traces: Traces
  /** Called once for each block, with the number of events, of deliveries to sockets, and of bytes published. */
  readonly onPublished: (events: number, deliveries: number, bytes: number) => void
}

/** A member that reads too slowly for topics. It is given each event separately. */
export interface Laggard {
  readonly channels: SmallSet<Channel>
  readonly late: (event: LateEvent) => void
}

/** A connection that gets events. */
export interface Member {
  readonly encoding: Encoding
  /** Set while the member reads too slowly. It then gets no events by topics or `sendPlaced`, but by its `Laggard`. */
  readonly lag: object | undefined
  readonly socket: { subscribe(topic: string): void; unsubscribe(topic: string): void }
  /** Sends events that only this member gets, in order, with one write. */
  sendPlaced(events: readonly PlacedEvent[]): void
}

/** The members of a channel that has topics: how many of them use each encoding. */
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
    // A member that lags subscribes when it has caught up.
    if (!member.lag) member.socket.subscribe(this.topics[member.encoding])
  }

  remove(member: Member): void {
    this[member.encoding]--
    if (!member.lag) member.socket.unsubscribe(this.topics[member.encoding])
  }
}

/**
 * Publishes events to the members of their channels, in the order in which they come. Most channels belong to a user, and most
 * users have one connection. Events of such a channel are sent directly to that connection, because a native topic takes 450
 * bytes. Every member also has the topic of its namespace, because uWS needs it: a socket that leaves its last topic loses what
 * was published to it in the same turn of the event loop.
 */
export class Fanout {
  readonly #options: FanoutOptions
  readonly #channels = new Map<Channel, Member | Group>()
  readonly #laggards = new Set<Laggard>()
  /** Events about to be sent to members that are alone in their channels. */
  readonly #held = new Map<Member, PlacedEvent[]>()

  constructor(options: FanoutOptions) {
    this.#options = options
  }

  /** Adds a member. Returns the channel's name for the member to keep, which is in most cases the same string for all members. */
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

  /** The number of members that the channel has in this worker. */
  countOf(channel: Channel): number {
    const there = this.#channels.get(channel)
    if (there instanceof Group) return there.size
    return there === undefined ? 0 : 1
  }

  /** The native topics of those channels in which the member is not alone. */
  topicsOf({ encoding }: Member, channels: Iterable<Channel>): readonly string[] {
    const topics: string[] = []
    for (const channel of channels) {
      const there = this.#channels.get(channel)
      if (there instanceof Group) topics.push(there.topics[encoding])
    }
    return topics
  }

  /** The laggard remains a member of its channels. */
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

  /** Returns the number of bytes that are sent. */
  #publishTo({ json, msgpack, topics }: Group, event: PlacedEvent): number {
    // Members with held events may also be in this group, so those events go first.
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

  /** A direct send does not overtake what was published to the socket's topics before. */
  #sendHeld(): void {
    if (this.#held.size === 0) return
    for (const [member, events] of this.#held) member.sendPlaced(events)
    this.#held.clear()
  }

  /** Gives the channel topics from now on, for the member that was alone in it, too. */
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
