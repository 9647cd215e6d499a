import { ownCopy } from '../base/own-copy.ts'
import { SmallSet } from '../base/small-set.ts'
import { decodeMsgpack, encodeMsgpack } from '../protocol/msgpack.ts'
import type { Connection } from './connection.ts'

/** A connection as other nodes are told of it. */
type Row = readonly [
  id: string,
  worker: number,
  namespace: string,
  userId: string,
  addressKey: string,
  openedAtMs: number,
  rooms: readonly string[],
]

/** Connections in one shard: a change of one writes them all, and each shard is a key. About 150 bytes each. */
const CONNECTIONS_PER_SHARD = 32

/** The connections of this node in small parts, of which only those that changed are told. */
export class Shards {
  readonly #shardOf = new Map<string, string>()
  readonly #shards = new Map<string, Map<string, Connection>>()
  /** Those that take one more. */
  readonly #open = new Set<string>()
  readonly #changed = new Set<string>()
  #next = 0

  get hasChanges(): boolean {
    return this.#changed.size > 0
  }

  /** Opened, or its rooms changed. */
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

  /** What changed since the last time; undefined: the shard is empty. */
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

  /** They could not be told: they are to be told again. */
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

/** The connections that a node has told of. Trusts what it finds: only nodes write it. */
export function decodeShard(node: string, value: Uint8Array): readonly Connection[] {
  const rows = decodeMsgpack(value) as readonly Row[]
  return rows.map(([id, worker, namespace, userId, addressKey, openedAtMs, rooms]) => {
    const own = { id: ownCopy(id), userId: ownCopy(userId), addressKey: ownCopy(addressKey) }
    return { ...own, node, worker, namespace, openedAtMs, rooms: new SmallSet(rooms.map(ownCopy)) } as Connection
  })
}
