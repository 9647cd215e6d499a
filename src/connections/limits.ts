import { Refusal } from '../protocol/errors.ts'
import type { Namespace } from '../protocol/ids.ts'
import type { Connection } from './connection.ts'
import type { Registry } from './registry.ts'

/** What has as many connections as it may. */
export type Full = { readonly address: string } | { readonly namespace: Namespace }

export interface ConnectionLimitsOptions {
  readonly registry: Registry
  readonly perUserMax: number
  /** Infinity for an address that is not limited. */
  readonly perAddressMax: (addressKey: string) => number
  readonly perNamespaceMax: number
  /** An address or a namespace has become full, or is full no more. */
  readonly onFull: (what: Full, full: boolean) => void
}

/** How many connections one user, one address and one namespace may have on this node. A user's are counted on all nodes. */
export class ConnectionLimits {
  readonly #options: ConnectionLimitsOptions

  constructor(options: ConnectionLimitsOptions) {
    this.#options = options
  }

  /**
   * To be called before the connection is added to the registry.
   * @throws RATE_LIMITED over the limits per user and address, OVERLOADED over the one per namespace
   */
  admit(connection: Connection): void {
    const { registry, perUserMax, perAddressMax, perNamespaceMax } = this.#options
    const { userId, addressKey, namespace } = connection
    if (registry.countOfUser(userId) >= perUserMax)
      throw new Refusal('RATE_LIMITED', 'too many connections of this user')
    if (registry.countOfAddress(addressKey) >= perAddressMax(addressKey)) {
      throw new Refusal('RATE_LIMITED', 'too many connections from this address')
    }
    if (registry.countOfNamespace(namespace) >= perNamespaceMax)
      throw new Refusal('OVERLOADED', 'the namespace is full')
    this.#tellIfFull(connection, true)
  }

  /** To be called after the connection was removed from the registry. */
  release(connection: Connection): void {
    this.#tellIfFull(connection, false)
  }

  /** What is full now: for a worker that has just started. */
  full(): { readonly addresses: readonly string[]; readonly namespaces: readonly Namespace[] } {
    const { registry, perAddressMax, perNamespaceMax } = this.#options
    return registry.atLeast({ perAddressMax, perNamespaceMax })
  }

  /** Says so if this connection, which is not counted, takes the last place (`full`) or has just given it back. */
  #tellIfFull({ addressKey, namespace }: Connection, full: boolean): void {
    const { registry, perAddressMax, perNamespaceMax, onFull } = this.#options
    if (registry.countOfAddress(addressKey) + 1 === perAddressMax(addressKey)) onFull({ address: addressKey }, full)
    if (registry.countOfNamespace(namespace) + 1 === perNamespaceMax) onFull({ namespace }, full)
  }
}
