import type { Namespace, RoomId } from '../../protocol/ids.ts'
import type { LogLevel, LogPart } from '../../protocol/log-levels.ts'
import type { Method } from './method.ts'
import type { RelayMessage } from './relay.ts'

/** What the primary may ask of a worker. */
export type WorkerMethods = {
  /** Sent once, first. */
  welcome: Method<WorkerWelcome, null>
  /** An address has, or has no longer, as many connections as it may. */
  addressFull: Method<{ readonly addressKey: string; readonly full: boolean }, null>
  namespaceFull: Method<{ readonly namespace: Namespace; readonly full: boolean }, null>
  /** To how many workers the user of a share is connected: see `OpenArgs`. */
  shareParts: Method<{ readonly key: string; readonly parts: number }, null>
  /** How much of a user's budget for the log a byte takes: more than 1 while the history is too short. */
  logPrice: Method<{ readonly price: number }, null>
  /** HTTP requests that another worker has let pass, by address: see `OperationMethods`. */
  httpTaken: Method<{ readonly taken: readonly (readonly [addressKey: string, count: number])[] }, null>
  /** While the node is short of memory: nobody new is taken. */
  memoryShort: Method<{ readonly short: boolean }, null>
  /** Give back what memory can be; `closeSlow`: also that of the connections for which most waits. */
  relieve: Method<{ readonly closeSlow: boolean }, null>
  jwks: Method<{ readonly keys: readonly WireKey[] }, null>
  /** By something else than a purchase: there may be stock again. */
  goodChanged: Method<{ readonly id: string }, null>
  kick: Method<{ readonly connectionId: string }, null>
  /** The room is no more; its members have left it, but for those who come back into its game and have no answer yet. */
  roomClosed: Method<{ readonly room: RoomId; readonly hasGame: boolean }, null>
  /**
   * What is said of a room with a game to all who are in it, and stands in no log; told behind the patches so far. After `restarted` the
   * worker asks for a `snapshot` for each of its connections there: what they had comes to nothing, and views may have other numbers.
   */
  gameStatus: Method<{ readonly room: RoomId; readonly status: GameStatus }, null>
  /** The connection sees another view from now on: the worker asks for a `snapshot`, which says which. */
  gameView: Method<{ readonly connectionId: string; readonly room: RoomId }, null>
  /** The connection is in this room no longer, though it did not leave. `why`: as in `RoomEffect`. */
  roomLeft: Method<{ readonly connectionId: string; readonly room: RoomId; readonly why: string }, null>
  /** This node lost its place in the cluster: every connection has to resume on another one. */
  closeAll: Method<null, null>
  /**
   * Take no new connections, tell and close those that are there within `withinMs`. `graceMs` of it they may take to leave by
   * themselves, served as ever; 0: there is nowhere else to go.
   */
  drain: Method<{ readonly withinMs: number; readonly graceMs: number }, null>
  ping: Method<null, null>
  /** A ping that comes behind all events so far. */
  canary: Method<null, null>
  /** null: as configured. */
  logLevel: Method<{ readonly part: LogPart; readonly level: LogLevel | null }, null>
  /** From another worker. */
  relay: Method<{ readonly from: number; readonly message: RelayMessage }, null>
  /** What was under way with it has no end any more. */
  workerGone: Method<{ readonly worker: number }, null>
  /** prom-client's JSON. */
  metrics: Method<null, { readonly metrics: unknown }>
}

export type GameStatus =
  /** Ticks are late by more than a second, or on time again. */
  | { readonly status: 'paused' | 'running'; readonly tick: number }
  /** Another host goes on with the room from this tick. */
  | { readonly status: 'restarted'; readonly tick: number }
  /** Another node has the room: clients go there. */
  | { readonly status: 'moved'; readonly tick: number; readonly url: string }

export interface WorkerWelcome {
  /** See `LINK_VERSION`. */
  readonly linkVersion: string
  readonly worker: number
  readonly port: number
  /** Of ADMIN_LISTEN; null: it is not set. */
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

/** A key set's key, by its `kid`. */
export type WireKey = readonly [kid: string, key: string, algorithms: readonly string[]]
