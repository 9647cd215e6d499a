import { ownCopy } from '../base/own-copy.ts'
import { SmallSet } from '../base/small-set.ts'
import { decodeMsgpack, encodeMsgpack } from '../protocol/msgpack.ts'
import type { Connection } from './connection.ts'

/** A connection as it is published to other nodes. */
type Row = readonly [
  id: string,
  worker: number,
  namespace: string,
  userId: string,
  addressKey: string,
  openedAtMs: number,
  rooms: readonly string[],
]

/**
 * Connections in one shard, at about 150 bytes each. A shard is one key, so a change of one connection writes all of its shard
 * again.
 */
const CONNECTIONS_PER_SHARD = 32

/** The connections of this node, in small parts (shards), so that only parts that changed are published. */
export class Shards {
  readonly #shardOf = new Map<string, string>()
  readonly #shards = new Map<string, Map<string, Connection>>()
  /** The shards that have room for another connection. */
  readonly #open = new Set<string>()
  readonly #changed = new Set<string>()
  #next = 0

  get hasChanges(): boolean {
    return this.#changed.size > 0
  }

  /** Call this when the connection was opened or its rooms changed. */
  put(connection: Connection): void {
    const shard = this.#shardOf.get(connection.id) ?? this.#place(connection)
    this.#changed.add(shard)
  }

  remove({ id }: Connection): void {
    const shard = this.#shardOf.get(id)
    if (shard === undefined) return
    this.#shardOf.delete(id)
    this.#shards.get(shard)?.delete(id)
    this.#open.add(shard)
    this.#changed.add(shard)
  }

  /** The shards that changed since the last call. The value of a shard that is empty now is undefined. */
  takeChanged(): ReadonlyMap<string, Uint8Array | undefined> {
    const taken = new Map<string, Uint8Array | undefined>()
    for (const shard of this.#changed) {
      const connections = this.#shards.get(shard)
      if (connections?.size) taken.set(shard, encodeShard(connections.values()))
      else {
        taken.set(shard, undefined)
        this.#shards.delete(shard)
        this.#open.delete(shard)
      }
    }
    this.#changed.clear()
    return taken
  }

  /** Publishing these shards failed, so they are returned again by the next `takeChanged`. */
  markChanged(shards: Iterable<string>): void {
    for (const shard of shards) this.#changed.add(shard)
  }

  #place(connection: Connection): string {
    const [shard = String(this.#next++)] = this.#open
    let connections = this.#shards.get(shard)
    if (!connections) this.#shards.set(shard, (connections = new Map()))
    connections.set(connection.id, connection)
    this.#shardOf.set(connection.id, shard)
    if (connections.size < CONNECTIONS_PER_SHARD) this.#open.add(shard)
    else this.#open.delete(shard)
    return shard
  }
}

function encodeShard(connections: Iterable<Connection>): Uint8Array {
  const rows = Array.from(connections, (connection): Row => {
    const { id, worker, namespace, userId, addressKey, openedAtMs, rooms } = connection
    return [id, worker, namespace, userId, addressKey, openedAtMs, [...rooms]]
  })
  return encodeMsgpack(rows)
}

/** Decodes a shard of another node. It is not validated, because only nodes write shards. */
export function decodeShard(node: string, value: Uint8Array): readonly Connection[] {
  const rows = decodeMsgpack(value) as readonly Row[]
  return rows.map(([id, worker, namespace, userId, addressKey, openedAtMs, rooms]) => {
    const own = { id: ownCopy(id), userId: ownCopy(userId), addressKey: ownCopy(addressKey) }
    return { ...own, node, worker, namespace, openedAtMs, rooms: new SmallSet(rooms.map(ownCopy)) } as Connection
  })
}
