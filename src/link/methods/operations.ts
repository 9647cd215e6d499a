import type { Namespace, RoomId, UserId } from '../../protocol/ids.ts'
import type { LogLevel, LogPart } from '../../protocol/log-levels.ts'
import type { Page, PageArgs } from '../../protocol/page.ts'
import type { ValueOf } from '../../protocol/shapes/build.ts'
import type {
  Ban,
  Banned,
  BannedNow,
  CONNECTION,
  Kicked,
  ReadyPart,
  Reloaded,
} from '../../protocol/shapes/operations.ts'
import type { Method } from './method.ts'

/** A connection, as REST lists it. */
export type ConnectionInfo = ValueOf<typeof CONNECTION> & {
  readonly namespace: Namespace
  readonly user_id: UserId
  readonly rooms: readonly RoomId[]
}

/** Which connections; null: whatever theirs is. */
export interface ConnectionFilter {
  readonly namespace: Namespace | null
  readonly userId: UserId | null
  readonly room: RoomId | null
}

/**
 * A Socket.IO client that cannot be served: `old_protocol` of socket.io-client 1 or 2, or with another parser than the default.
 */
export type Misfit = 'old_protocol' | 'msgpack_parser' | 'other_parser'

/** To close connections, on any node, and to keep their users or addresses out. */
export type KickMethods = {
  /** Gives how many connections are closed with 4502. `forMs`: their user is kept out for so long; null: not at all. */
  kick: Method<
    ({ readonly connectionId: string } | { readonly userId: UserId }) & { readonly forMs: number | null },
    Kicked
  >
  ban: Method<{ readonly who: Banned; readonly forMs: number }, BannedNow>
  banLift: Method<Banned, null>
  banList: Method<PageArgs, Page<Ban>>
}

/** What concerns the node and its connections as such. */
export type OperationMethods = KickMethods & {
  /** The worker listens; it says on which port. */
  listening: Method<{ readonly port: number }, null>
  /** Somebody came with a key that is not in the set: the set may be old. */
  unknownKey: Method<null, null>
  /** HTTP requests that the worker has let pass since it last said so, by address. The other workers are told. */
  httpTaken: Method<{ readonly taken: readonly (readonly [addressKey: string, count: number])[] }, null>
  /** The node logs it once for each address. */
  misfit: Method<{ readonly kind: Misfit; readonly address: string; readonly path: string }, null>
  connectionList: Method<PageArgs & { readonly only: ConnectionFilter }, Page<ConnectionInfo>>
  reload: Method<null, Reloaded>
  /** Over all processes of this node; `until`: Unix time in milliseconds. */
  logLevel: Method<
    { readonly part: LogPart; readonly level: LogLevel; readonly forMs: number },
    { readonly until: number }
  >
  ready: Method<null, { readonly parts: readonly ReadyPart[] }>
  /** Prometheus text of all processes of this node. */
  metrics: Method<null, { readonly contentType: string; readonly text: string }>
}
