import { toChunk, type Cursor, type Hub, type Replay, type ReplayChunk } from '../hub/hub.ts'
import {
  namespaceChannel,
  roomChannel,
  userChannel,
  type Channel,
  type Namespace,
  type RoomId,
} from '../protocol/ids.ts'
import { Refusal } from '../protocol/errors.ts'
import type { Connection, Registry } from '../connections/registry.ts'
import type { Publisher } from '../connections/publisher.ts'
import type { Recalled } from '../hub/recall.ts'
import type { Announcements } from './announcements.ts'
import type { RecoverableSessions } from '../connections/recoverable-sessions.ts'
import type { Rooms } from './rooms.ts'

export interface MembershipOptions {
  readonly hub: Hub
  readonly registry: Registry
  readonly rooms: Rooms
  readonly announcements: Announcements
  /** Tells the other nodes. */
  readonly publisher: Publisher
  readonly remembered: RecoverableSessions
  readonly perUserMax: number
  /** Infinity for an address that is not limited. */
  readonly perAddressMax: (addressKey: string) => number
  readonly perNamespaceMax: number
  /** An address or a namespace has become full, or is full no more. */
  readonly onFull: (what: { readonly address: string } | { readonly namespace: Namespace }, full: boolean) => void
}

export interface Opened {
  readonly offset: number
  readonly rooms: readonly RoomId[]
  /** undefined: nothing was to be resumed. */
  readonly replay: Replay | undefined
}

/** Where a connection goes on. */
export interface Resume {
  /** undefined: it cannot be read. */
  readonly cursor: Cursor | undefined
  /** What the hub no longer holds behind the cursor. */
  readonly recalled?: Recalled | undefined
}

/** The comings and goings of connections of this node: presence, rooms and interest change together, here. */
export class Membership {
  readonly #options: MembershipOptions
  /** What connections have still to get before the hub's part. */
  readonly #recalled = new Map<string, Recalled>()

  constructor(options: MembershipOptions) {
    this.#options = options
  }

  /**
   * Lets a connection in: from here on it is counted and seen, on the other nodes, too. `open` or `close` has to follow.
   * @throws RATE_LIMITED over the limits per user and address, OVERLOADED over the one per namespace
   */
  admit(connection: Connection): void {
    this.#admit(connection)
    this.#options.registry.add(connection)
    this.#options.publisher.put(connection)
  }

  /** Throws UNAVAILABLE: it has gone. */
  channelsOf(id: string, rooms: readonly RoomId[]): readonly Channel[] {
    const connection = this.#find(id)
    return [...channelsOf(connection), ...rooms.map((room) => roomChannel(connection.namespace, room))]
  }

  /**
   * @param resume undefined: a new session
   * @returns how much the connection has missed; what comes after `offset` follows by the hub
   */
  open(id: string, rooms: readonly RoomId[], resume?: Resume): Opened {
    const { hub, publisher, remembered } = this.#options
    const connection = this.#find(id)
    const joined = rooms.filter((room) => this.#tryJoin(connection, room))
    if (joined.length > 0) publisher.put(connection)
    remembered.changed(connection)
    const channels = channelsOf(connection)
    for (const channel of channels) hub.interest.add(connection.worker, channel)
    return { offset: hub.head, rooms: joined, replay: resume && this.#replay(connection, channels, resume) }
  }

  /** What more there is of a replay, after `offset`. undefined: it is not held any more. */
  replay(id: string, offset: number): ReplayChunk | undefined {
    const { hub } = this.#options
    const channels = channelsOf(this.#find(id))
    const recalled = this.#recalled.get(id)
    const older = recalled?.entries.filter((entry) => entry.offset > offset) ?? []
    // The hub's part comes behind it.
    if (recalled && older.length > 0) return toChunk(older, Infinity)
    this.#recalled.delete(id)
    const replay = hub.replay({ epoch: hub.epoch, offset: Math.max(offset, recalled?.upTo ?? 0) }, channels)
    return replay.recovered ? replay.chunk : undefined
  }

  /** What is full now: for a worker that has just started. */
  full(): { readonly addresses: readonly string[]; readonly namespaces: readonly Namespace[] } {
    const { registry, perAddressMax, perNamespaceMax } = this.#options
    return registry.atLeast({ perAddressMax, perNamespaceMax })
  }

  close(id: string): void {
    const { registry, hub, publisher, remembered } = this.#options
    const connection = registry.remove(id)
    if (!connection) return
    remembered.closed(connection)
    publisher.remove(connection)
    this.#recalled.delete(id)
    for (const channel of channelsOf(connection)) hub.interest.remove(connection.worker, channel)
    for (const room of connection.rooms) this.#leaveRoom(connection, room)
    this.#tellIfFull(connection, -1)
  }

  /** A worker died: its connections are gone at once. */
  workerGone(worker: number): void {
    for (const { id } of this.#options.registry.ofWorker(worker)) this.close(id)
    this.#options.hub.interest.removeWorker(worker)
  }

  /** Throws ROOM_NOT_FOUND, ROOM_FULL. What comes after the hub's head follows by the hub. */
  join(id: string, room: RoomId): { readonly members: number } {
    const { hub, rooms, publisher, remembered } = this.#options
    const connection = this.#find(id)
    const channel = roomChannel(connection.namespace, room)
    if (!connection.rooms.has(room)) {
      this.#joinRoom(connection, room)
      hub.interest.add(connection.worker, channel)
      publisher.put(connection)
    }
    remembered.changed(connection)
    return { members: rooms.membersOf(room).size }
  }

  leave(id: string, room: RoomId): void {
    const connection = this.#find(id)
    this.#leave(connection, room)
    this.#options.remembered.changed(connection)
  }

  #leave(connection: Connection, room: RoomId): void {
    if (!connection.rooms.delete(room)) return
    this.#options.hub.interest.remove(connection.worker, roomChannel(connection.namespace, room))
    this.#options.publisher.put(connection)
    this.#leaveRoom(connection, room)
  }

  /** Everybody of this node who is in it leaves. Gives the connections that did. */
  empty(room: RoomId): readonly Connection[] {
    const { registry } = this.#options
    const members = [...registry.all()].filter((one) => registry.isHere(one) && one.rooms.has(room))
    for (const member of members) this.#leave(member, room)
    return members
  }

  /** Throws UNAVAILABLE: it has gone. */
  channelIn(id: string, room: RoomId): Channel {
    return roomChannel(this.#find(id).namespace, room)
  }

  #replay({ id }: Connection, channels: readonly Channel[], { cursor, recalled }: Resume): Replay {
    const { hub } = this.#options
    if (!recalled || !cursor) return hub.replay(cursor, channels, 0)
    const replay = hub.replay({ epoch: cursor.epoch, offset: recalled.upTo }, channels, 0)
    if (!replay.recovered) return replay
    const joined = new Set(channels)
    const entries = recalled.entries.filter(({ channel }) => joined.has(channel))
    this.#recalled.set(id, { ...recalled, entries })
    return { ...replay, count: replay.count + entries.length }
  }

  #find(id: string): Connection {
    const connection = this.#options.registry.get(id)
    if (!connection) throw new Refusal('UNAVAILABLE', 'the connection is not known any more')
    return connection
  }

  #admit({ userId, addressKey, namespace }: Connection): void {
    const { registry, perUserMax, perAddressMax, perNamespaceMax } = this.#options
    if (registry.countOfUser(userId) >= perUserMax)
      throw new Refusal('RATE_LIMITED', 'too many connections of this user')
    if (registry.countOfAddress(addressKey) >= perAddressMax(addressKey)) {
      throw new Refusal('RATE_LIMITED', 'too many connections from this address')
    }
    if (registry.countOfNamespace(namespace) >= perNamespaceMax)
      throw new Refusal('OVERLOADED', 'the namespace is full')
    this.#tellIfFull({ addressKey, namespace }, 1)
  }

  /** Says so when this connection (`change` 1: to come, -1: gone) fills what it is counted in, or makes room. */
  #tellIfFull({ addressKey, namespace }: Pick<Connection, 'addressKey' | 'namespace'>, change: 1 | -1): void {
    const { registry, perAddressMax, perNamespaceMax, onFull } = this.#options
    const full = change === 1
    if (registry.countOfAddress(addressKey) + 1 === perAddressMax(addressKey)) onFull({ address: addressKey }, full)
    if (registry.countOfNamespace(namespace) + 1 === perNamespaceMax) onFull({ namespace }, full)
  }

  #tryJoin(connection: Connection, room: RoomId): boolean {
    try {
      this.#joinRoom(connection, room)
      return true
    } catch (thrown) {
      // A resume goes on without a room that is full or gone; its answer lists the rooms that were joined.
      if (thrown instanceof Refusal) return false
      throw thrown
    }
  }

  #joinRoom(connection: Connection, id: RoomId): void {
    const { rooms, announcements } = this.#options
    const { first, room } = rooms.join(id, connection.namespace, connection.userId)
    connection.rooms.add(room)
    if (first) announcements.note(room, connection.namespace, connection.userId, true)
  }

  #leaveRoom({ namespace, userId }: Connection, room: RoomId): void {
    const { rooms, announcements } = this.#options
    if (rooms.leave(room, userId).last) announcements.note(room, namespace, userId, false)
  }
}

function channelsOf({ namespace, userId, rooms }: Connection): readonly Channel[] {
  const ofRooms = Array.from(rooms, (room) => roomChannel(namespace, room))
  return [namespaceChannel(namespace), userChannel(userId), ...ofRooms]
}
