import { Refusal } from '../protocol/errors.ts'
import type { Namespace } from '../protocol/ids.ts'
import type { Connection } from './connection.ts'
import type { Registry } from './registry.ts'

/** An address or namespace that has as many connections as it may have. */
export type Full = { readonly address: string } | { readonly namespace: Namespace }

export interface ConnectionLimitsOptions {
  readonly registry: Registry
  readonly perUserMax: number
  /** Returns Infinity for an address without a limit. */
  readonly perAddressMax: (addressKey: string) => number
  readonly perNamespaceMax: number
  /** Called when an address or namespace becomes full, and when it stops being full. */
  readonly onFull: (what: Full, full: boolean) => void
}

/** Limits the connections of a user (over all nodes), and of an address and a namespace (on this node). */
export class ConnectionLimits {
  readonly #options: ConnectionLimitsOptions

  constructor(options: ConnectionLimitsOptions) {
    this.#options = options
  }

  /**
   * Call this before the connection is added to the registry.
   * @throws RATE_LIMITED beyond the limits per user and address, OVERLOADED beyond the one per namespace
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

  /** Call this after the connection was removed from the registry. */
  release(connection: Connection): void {
    this.#tellIfFull(connection, false)
  }

  /** The addresses and namespaces that are full now, for a worker that has just started. */
  full(): { readonly addresses: readonly string[]; readonly namespaces: readonly Namespace[] } {
    const { registry, perAddressMax, perNamespaceMax } = this.#options
    return registry.atLeast({ perAddressMax, perNamespaceMax })
  }

  /**
   * The connection is not in the registry. Reports if it is about to take the last place (`full` is true), or has just freed it.
   */
  #tellIfFull({ addressKey, namespace }: Connection, full: boolean): void {
    const { registry, perAddressMax, perNamespaceMax, onFull } = this.#options
    if (registry.countOfAddress(addressKey) + 1 === perAddressMax(addressKey)) onFull({ address: addressKey }, full)
    if (registry.countOfNamespace(namespace) + 1 === perNamespaceMax) onFull({ namespace }, full)
  }
}
