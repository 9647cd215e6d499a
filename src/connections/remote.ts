import { SmallSet } from '../base/small-set.ts'
import type { RoomId } from '../protocol/ids.ts'
import type { ClusterFollower } from '../store/cluster.ts'
import type { Connection } from './connection.ts'
import { decodeShard } from './published-shards.ts'
import type { Registry } from './registry.ts'

/** What `connections/` tells rooms about connections of other nodes. */
export interface RemoteRooms {
  /** A connection of another node is in the room. That node has let it in. */
  entered(connection: Connection, room: RoomId): void
  /** @param nodeGone whether its node has ended or died, so that it does not announce this itself */
  left(connection: Connection, room: RoomId, nodeGone: boolean): void
  /** Undoes what members may have been told: the user of this connection, which belongs to this node, has not gone. */
  stayed(connection: Connection): void
}

export interface RemoteOptions {
  readonly registry: Registry
  readonly rooms: RemoteRooms
}

/** Adds the connections that other nodes publish to those of this node. */
export class Remote implements Pick<ClusterFollower, 'onShard' | 'onNodeGone' | 'onTakenForDead'> {
  readonly #options: RemoteOptions
  readonly #shards = new Map<string, ReadonlyMap<string, Connection>>()
  /** Nodes that ended, and so cannot announce that their users are gone. */
  readonly #gone = new Set<string>()

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
    const { registry, rooms } = this.#options
    for (const connection of registry.all()) if (registry.isHere(connection)) rooms.stayed(connection)
  }

  #add(connection: Connection): Connection {
    const added = { ...connection, rooms: new SmallSet<RoomId>() }
    this.#options.registry.add(added)
    return added
  }

  /** Makes `rooms` the rooms of the connection: it enters and leaves what differs. */
  #enter(connection: Connection, rooms: SmallSet<RoomId>): Connection {
    for (const room of rooms) {
      if (connection.rooms.has(room)) continue
      connection.rooms.add(room)
      this.#options.rooms.entered(connection, room)
    }
    for (const room of connection.rooms) if (!rooms.has(room)) this.#leave(connection, room)
    return connection
  }

  #leave(connection: Connection, room: RoomId): void {
    connection.rooms.delete(room)
    this.#options.rooms.left(connection, room, this.#gone.has(connection.node))
  }

  #remove(connection: Connection): void {
    this.#options.registry.remove(connection.id)
    for (const room of connection.rooms) this.#leave(connection, room)
  }
}
