import type { Namespace, RoomId } from '../../protocol/ids.ts'
import type { LogLevel, LogPart } from '../../protocol/log-levels.ts'
import type { Method } from './method.ts'
import type { PassedOnMethods } from './passed-on.ts'
import type { RelayMessage } from './relay.ts'

/** What the primary asks of a worker. */
export type WorkerMethods = PassedOnMethods & {
  /** The first message on the link, sent once. */
  welcome: Method<WorkerWelcome, null>
  /** An address has become full of connections, or is no longer full. */
  addressFull: Method<{ readonly addressKey: string; readonly full: boolean }, null>
  namespaceFull: Method<{ readonly namespace: Namespace; readonly full: boolean }, null>
  /** To how many workers the user or address of a share is connected: see `OpenArgs`. */
  shareParts: Method<{ readonly key: string; readonly parts: number }, null>
  /** How much of a user's budget for the log one byte costs. More than 1 while the history reaches back too short a time. */
  logPrice: Method<{ readonly price: number }, null>
  /** While the node is short of memory, no new connection is accepted. */
  memoryShort: Method<{ readonly short: boolean }, null>
  /** Free as much memory as possible. With `closeSlow`, also close the connections for which most data waits. */
  relieve: Method<{ readonly closeSlow: boolean }, null>
  jwks: Method<{ readonly keys: readonly WireKey[] }, null>
  /** A good was changed by something other than a purchase, so it may be in stock again. */
  goodChanged: Method<{ readonly id: string }, null>
  kick: Method<{ readonly connectionId: string }, null>
  /**
   * The room no longer exists. Its members have left it, except for those that come back into its game and have no answer yet.
   */
  roomClosed: Method<{ readonly room: RoomId; readonly hasGame: boolean }, null>
  /**
   * News about a room with a game, for all connections in it. It is not in the log, and it comes after all patches so far. After
   * `restarted` the worker asks for a `snapshot` for each of its connections there, because their states are void and views may
   * have other numbers.
   */
  gameStatus: Method<{ readonly room: RoomId; readonly status: GameStatus }, null>
  /** The connection sees another view from now on. The worker asks for a `snapshot`, which names it. */
  gameView: Method<{ readonly connectionId: string; readonly room: RoomId }, null>
  /** The connection is no longer in this room, though it did not leave. `why` is as in `RoomEffect`. */
  roomLeft: Method<{ readonly connectionId: string; readonly room: RoomId; readonly why: string }, null>
  /** This node lost its place in the cluster, so every connection has to resume on another one. */
  closeAll: Method<null, null>
  /**
   * Accept no new connections, and tell and close the existing ones within `withinMs`. For the first `graceMs` of that time they
   * are served as before and may leave on their own. 0 means that there is nowhere else to go.
   */
  drain: Method<{ readonly withinMs: number; readonly graceMs: number }, null>
  ping: Method<null, null>
  /** A ping that arrives after all events so far. */
  canary: Method<null, null>
  /** Null restores the configured level. */
  logLevel: Method<{ readonly part: LogPart; readonly level: LogLevel | null }, null>
  /** A message from another worker. */
  relay: Method<{ readonly from: number; readonly message: RelayMessage }, null>
  /** Requests that were relayed to or from this worker will get no answer. */
  workerGone: Method<{ readonly worker: number }, null>
  /** In prom-client's JSON. */
  metrics: Method<null, { readonly metrics: unknown }>
}

export type GameStatus =
  /** Ticks are late by more than a second, or on time again. */
  | { readonly status: 'paused' | 'running'; readonly tick: number }
  /** Another host continues the room from this tick. */
  | { readonly status: 'restarted'; readonly tick: number }
  /** Another node has the room, and clients go there. */
  | { readonly status: 'moved'; readonly tick: number; readonly url: string }

export interface WorkerWelcome {
  /** See `LINK_VERSION`. */
  readonly linkVersion: string
  readonly worker: number
  readonly port: number
  /** The port of ADMIN_LISTEN. Null if that is not set. */
  readonly adminPort: number | null
  /** The configuration in force: see `encodeConfig`. */
  readonly config: string
  readonly resumeSecret: Uint8Array
  readonly adminToken: string
  readonly tokenKey: TokenKey
}

/** What player tokens are verified with. */
export type TokenKey =
  | { readonly kind: 'secret'; readonly secret: string }
  | { readonly kind: 'public'; readonly pem: string }
  /** The keys come with `jwks`. */
  | { readonly kind: 'jwks' }

/** A key of a key set, with its `kid`. */
export type WireKey = readonly [kid: string, key: string, algorithms: readonly string[]]
