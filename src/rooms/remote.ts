import { SmallSet } from '../base/small-set.ts'
import type { Namespace, RoomId, UserId } from '../protocol/ids.ts'
import type { Connection, Registry } from '../connections/registry.ts'
import { decodeShard } from '../connections/published-shards.ts'
import type { Cluster, ClusterFollower } from '../store/cluster.ts'
import type { Announcements } from './announcements.ts'
import type { Rooms } from './rooms.ts'

export interface RemoteOptions {
  readonly cluster: Cluster
  readonly registry: Registry
  readonly rooms: Rooms
  readonly announcements: Announcements
  readonly nowMs: () => number
}

interface Departure {
  readonly room: RoomId
  readonly namespace: Namespace
  readonly user: UserId
  /** Monotonic. */
  readonly atMs: number
}

/** So long one who died is remembered, until a caretaker is there to say so. */
const DEPARTURES_KEPT_MS = 60_000

/** The connections of the other nodes: what they publish is put beside those of this one. */
export class Remote implements ClusterFollower {
  readonly #options: RemoteOptions
  readonly #shards = new Map<string, ReadonlyMap<string, Connection>>()
  /** Nodes that ended: nobody but us can say that their users have gone. */
  readonly #gone = new Set<string>()
  #departures: Departure[] = []

  constructor(options: RemoteOptions) {
    this.#options = options
  }

  readonly onNodeGone = (node: string): void => {
    this.#gone.add(node)
  }

  readonly onShard = (node: string, shard: string, value: Uint8Array | undefined): void => {
    const key = `${node}/${shard}`
    const before = this.#shards.get(key) ?? new Map<string, Connection>()
    const now = new Map<string, Connection>()
    for (const told of value ? decodeShard(node, value) : []) {
      now.set(told.id, this.#enter(before.get(told.id) ?? this.#add(told), told.rooms))
    }
    for (const [id, connection] of before) if (!now.has(id)) this.#remove(connection)
    if (value) {
      this.#shards.set(key, now)
      this.#gone.delete(node)
    } else this.#shards.delete(key)
  }

  readonly onTakenForDead = (): void => {
    const { registry, announcements } = this.#options
    for (const connection of registry.all()) {
      if (!registry.isHere(connection)) continue
      for (const room of connection.rooms) announcements.note(room, connection.namespace, connection.userId, true)
    }
  }

  /** Notes who has gone with a node that died, where that is this node's task. To be called now and then. */
  announceDeparted(): void {
    const { cluster, rooms, announcements, nowMs } = this.#options
    const sinceMs = nowMs() - DEPARTURES_KEPT_MS
    if (!cluster.isCaretaker) {
      this.#departures = this.#departures.filter(({ atMs }) => atMs > sinceMs)
      return
    }
    for (const { room, namespace, user, atMs } of this.#departures) {
      const isBack = rooms.membersOf(room).has(user)
      if (atMs > sinceMs && !isBack) announcements.note(room, namespace, user, false)
    }
    this.#departures = []
  }

  #add(connection: Connection): Connection {
    const added = { ...connection, rooms: new SmallSet<RoomId>() }
    this.#options.registry.add(added)
    return added
  }

  /** Now it is in these rooms. */
  #enter(connection: Connection, rooms: SmallSet<RoomId>): Connection {
    for (const room of rooms) {
      if (connection.rooms.has(room)) continue
      connection.rooms.add(room)
      this.#options.rooms.joined(room, connection.namespace, connection.userId)
    }
    for (const room of connection.rooms) if (!rooms.has(room)) this.#leave(connection, room)
    return connection
  }

  #leave(connection: Connection, room: RoomId): void {
    const { node, namespace, userId } = connection
    connection.rooms.delete(room)
    const { last } = this.#options.rooms.leave(room, userId)
    if (!last || !this.#gone.has(node)) return
    this.#departures.push({ room, namespace, user: userId, atMs: this.#options.nowMs() })
  }

  #remove(connection: Connection): void {
    this.#options.registry.remove(connection.id)
    for (const room of connection.rooms) this.#leave(connection, room)
  }
}
