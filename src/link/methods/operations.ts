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
import type { GameSwapped } from '../../protocol/shapes/games.ts'
import type { Method } from './method.ts'

/** A connection as the REST interface lists it. */
export type ConnectionInfo = ValueOf<typeof CONNECTION> & {
  readonly namespace: Namespace
  readonly user_id: UserId
  readonly rooms: readonly RoomId[]
}

/** Selects connections. Null means any. */
export interface ConnectionFilter {
  readonly namespace: Namespace | null
  readonly userId: UserId | null
  readonly room: RoomId | null
}

/**
 * A Socket.IO client that the server cannot serve: `old_protocol` is socket.io-client 1 or 2. The others use a parser that is not
 * the default one.
 */
export type Misfit = 'old_protocol' | 'msgpack_parser' | 'other_parser'

/** Close connections on any node, and keep their users or addresses out. */
export type KickMethods = {
  /**
   * Returns how many connections are closed with 4502. `forMs` is how long their user is kept out. Null if the user may come back
   * at once.
   */
  kick: Method<
    ({ readonly connectionId: string } | { readonly userId: UserId }) & { readonly forMs: number | null },
    Kicked
  >
  ban: Method<{ readonly who: Banned; readonly forMs: number }, BannedNow>
  banLift: Method<Banned, null>
  banList: Method<PageArgs, Page<Ban>>
}

/** Methods about the node and its connections as a whole. */
export type OperationMethods = KickMethods & {
  /** The worker listens on this port. */
  listening: Method<{ readonly port: number }, null>
  /** A token named a key that is not in the key set, so the set may be outdated. */
  unknownKey: Method<null, null>
  /** A client that cannot be served. The node logs it once for each address. */
  misfit: Method<{ readonly kind: Misfit; readonly address: string; readonly path: string }, null>
  connectionList: Method<PageArgs & { readonly only: ConnectionFilter }, Page<ConnectionInfo>>
  reload: Method<null, Reloaded>
  /**
   * Loads a game again and runs the new version in its rooms: see `GameSwap`. Errors: GAME_NOT_FOUND, CONFLICT, UNAVAILABLE, and
   * GAME_FAILED if the new version cannot go on with the rooms.
   */
  gameSwap: Method<{ readonly game: string }, GameSwapped>
  /** Changes the level in all processes of this node. `until` is Unix time in milliseconds. */
  logLevel: Method<
    { readonly part: LogPart; readonly level: LogLevel; readonly forMs: number },
    { readonly until: number }
  >
  ready: Method<null, { readonly parts: readonly ReadyPart[] }>
  /** The metrics of all processes of this node, as Prometheus text. */
  metrics: Method<null, { readonly contentType: string; readonly text: string }>
}
