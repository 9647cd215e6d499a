import { MultiMap } from '../base/multi-map.ts'
import { Refusal } from '../protocol/errors.ts'
import type { Namespace, UserId } from '../protocol/ids.ts'
import type { Connection } from './connection.ts'
import { UserCounts } from './user-counts.ts'

/**
 * All connections, of this node and of the others, by connection, user, namespace and worker. Connections per address and per
 * namespace are counted for this node only, because their limits are per node. Rooms are in `rooms/`.
 */
export class Registry {
  readonly #byId = new Map<string, Connection>()
  readonly #byUser = new MultiMap<UserId, Connection>()
  readonly #usersOf = new Map<Namespace, UserCounts>()
  readonly #namespaces = new Map<Namespace, number>()
  readonly #addresses = new Map<string, number>()
  readonly #node: string

  /** @param node the name of this node */
  constructor(node: string) {
    this.#node = node
  }

  add(connection: Connection): void {
    this.#byId.set(connection.id, connection)
    this.#byUser.add(connection.userId, connection)
    this.#count(connection, 1)
  }

  remove(id: string): Connection | undefined {
    const connection = this.#byId.get(id)
    if (!connection) return undefined
    this.#byId.delete(id)
    this.#byUser.delete(connection.userId, connection)
    this.#count(connection, -1)
    return connection
  }

  get(id: string): Connection | undefined {
    return this.#byId.get(id)
  }

  /** Throws UNAVAILABLE if the connection is gone. */
  require(id: string): Connection {
    const connection = this.#byId.get(id)
    if (!connection) throw new Refusal('UNAVAILABLE', 'the connection is not known any more')
    return connection
  }

  /** In the order in which this node learned of them. */
  all(): Iterable<Connection> {
    return this.#byId.values()
  }

  isHere({ node }: Connection): boolean {
    return node === this.#node
  }

  /** The connections of a worker of this node. */
  ofWorker(worker: number): readonly Connection[] {
    return [...this.#byId.values()].filter((connection) => connection.worker === worker && this.isHere(connection))
  }

  ofUser(user: UserId): Iterable<Connection> {
    return this.#byUser.of(user)
  }

  get countHere(): number {
    return [...this.#namespaces.values()].reduce((sum, count) => sum + count, 0)
  }

  countOfUser(user: UserId): number {
    return this.#byUser.count(user)
  }

  countOfNamespace(namespace: Namespace): number {
    return this.#namespaces.get(namespace) ?? 0
  }

  countOfAddress(addressKey: string): number {
    return this.#addresses.get(addressKey) ?? 0
  }

  /** The addresses and namespaces that have as many connections as they may have. */
  atLeast(max: { readonly perAddressMax: (addressKey: string) => number; readonly perNamespaceMax: number }): {
    readonly addresses: readonly string[]
    readonly namespaces: readonly Namespace[]
  } {
    const addresses = [...this.#addresses].filter(([key, count]) => count >= max.perAddressMax(key))
    const namespaces = [...this.#namespaces].filter(([, count]) => count >= max.perNamespaceMax)
    return { addresses: addresses.map(([key]) => key), namespaces: namespaces.map(([name]) => name) }
  }

  /** The users of a namespace, with the number of their connections in it. */
  usersOf(namespace: Namespace): UserCounts {
    let users = this.#usersOf.get(namespace)
    if (!users) this.#usersOf.set(namespace, (users = new UserCounts()))
    return users
  }

  #count(connection: Connection, change: 1 | -1): void {
    const { namespace, userId, addressKey } = connection
    if (this.isHere(connection)) {
      bump(this.#namespaces, namespace, change)
      bump(this.#addresses, addressKey, change)
    }
    if (change === 1) this.usersOf(namespace).add(userId)
    else this.usersOf(namespace).remove(userId)
  }
}

/** Changes a count. Removes it if it becomes 0. */
function bump<K>(counts: Map<K, number>, key: K, change: number): number {
  const count = (counts.get(key) ?? 0) + change
  if (count === 0) counts.delete(key)
  else counts.set(key, count)
  return count
}
