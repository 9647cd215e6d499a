import { controlRecord, type ControlHandlers } from '../hub/control.ts'
import type { LogRecord } from '../store/store.ts'
import type { Ban, Banned } from '../protocol/shapes/operations.ts'
import { isOf, type Bans } from './bans.ts'
import type { Connection } from './connection.ts'
import type { Registry } from './registry.ts'

/** Control records about connections, which the log carries to all nodes. */
export type ConnectionControl =
  | {
      readonly kind: 'kicked'
      /** Ids of connections, which may be on any node. */
      readonly ids: readonly string[]
    }
  /** The user or address may not connect any more, and its connections are closed. */
  | { readonly kind: 'banned'; readonly ban: Ban }
  | ({ readonly kind: 'ban-lifted' } & Banned)

export function kickedRecord(ids: readonly string[]): LogRecord {
  const control: ConnectionControl = { kind: 'kicked', ids }
  return controlRecord(control)
}

export function bannedRecord(ban: Ban): LogRecord {
  const control: ConnectionControl = { kind: 'banned', ban }
  return controlRecord(control)
}

export function banLiftedRecord({ of, id }: Banned): LogRecord {
  const control: ConnectionControl = { kind: 'ban-lifted', of, id }
  return controlRecord(control)
}

export interface FollowConnectionsOptions {
  readonly registry: Registry
  readonly bans: Bans
  /** Closes a connection of this node. */
  readonly kick: (worker: number, connectionId: string) => void
}

export function followConnections(options: FollowConnectionsOptions): ControlHandlers<ConnectionControl> {
  const { registry, bans } = options
  const kick = (connection: Connection | undefined) => {
    if (connection && registry.isHere(connection)) options.kick(connection.worker, connection.id)
  }
  return {
    kicked: ({ ids }) => ids.forEach((id) => kick(registry.get(id))),
    banned: ({ ban }) => {
      bans.set(ban)
      // The ban is set before this loop, so no connection that comes now can escape it.
      for (const connection of registry.all()) if (isOf(ban, connection)) kick(connection)
    },
    'ban-lifted': (who) => bans.lift(who),
  }
}
