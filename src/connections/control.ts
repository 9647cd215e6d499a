import { controlRecord, type ControlHandlers } from '../hub/control.ts'
import type { LogRecord } from '../store/store.ts'
import type { Registry } from './registry.ts'

/** What all nodes are told of connections. */
export interface ConnectionControl {
  readonly kind: 'kicked'
  /** Of connections, on whatever node. */
  readonly ids: readonly string[]
}

export function kickedRecord(ids: readonly string[]): LogRecord {
  const control: ConnectionControl = { kind: 'kicked', ids }
  return controlRecord(control)
}

export interface FollowConnectionsOptions {
  readonly registry: Registry
  /** Closes a connection of this node. */
  readonly kick: (worker: number, connectionId: string) => void
}

export function followConnections({ registry, kick }: FollowConnectionsOptions): ControlHandlers<ConnectionControl> {
  return {
    kicked: ({ ids }) => {
      for (const id of ids) {
        const connection = registry.get(id)
        if (connection && registry.isHere(connection)) kick(connection.worker, id)
      }
    },
  }
}
