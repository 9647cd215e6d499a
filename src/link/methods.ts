import type { LogLevel, LogPart } from '../protocol/log-levels.ts'
import type { EncodedEvent } from '../protocol/event-body.ts'
import type { JsonObject, JsonValue, NotRecovered, Receipt } from '../protocol/events.ts'
import type { Page, PageArgs, PresencePage } from '../protocol/page.ts'
import type { Channel, Namespace, RoomId, UserId } from '../protocol/ids.ts'
import type { Good } from '../domain/good.ts'
import type { Player } from '../domain/player.ts'
import type { RoomDefinition } from '../domain/room.ts'
import type { PurchaseRequest } from '../domain/purchase.ts'

export interface OpenArgs {
  readonly connectionId: string
  readonly namespace: Namespace
  readonly userId: UserId
  readonly addressKey: string
  /** Rooms to be in from the start: those of a resume. null: those that the session had, as the client does not name them. */
  readonly rooms: readonly RoomId[] | null
  readonly isResume: boolean
  /** Where a resume goes on; null: that cannot be read. */
  readonly cursor: { readonly epoch: string; readonly offset: number } | null
  /** The session, under which its rooms are remembered. */
  readonly session: string
}

export interface OpenResult {
  /** The events of the channels are known up to here; later ones follow on the link. */
  readonly offset: number
  readonly epoch: string
  readonly rooms: readonly RoomId[]
  /** Events of its channels between the cursor and `offset`, to be asked for with `replay`. */
  readonly replayed: number
  /** null: recovered, or nothing was to be resumed. */
  readonly reason: NotRecovered | null
}

export interface JoinResult {
  readonly members: number
  readonly state: JsonValue
  /** The state is as of here. The room's events after it follow on the link. */
  readonly offset: number
}

/** Events that somebody missed. */
export interface ReplayPart {
  /** A block: see `event-block.ts`. */
  readonly events: Uint8Array
  /** The last one's offset. */
  readonly upTo: number
  readonly complete: boolean
}

/** A key that receipts are verified with: PEM, and as a JSON Web Key. */
export interface PublicReceiptKey {
  readonly public_key: string
  readonly jwk: JsonObject
}

/** The key in use, and those that were before it. */
export interface ReceiptKeys extends PublicReceiptKey {
  readonly algorithm: 'Ed25519'
  readonly previous: readonly PublicReceiptKey[]
}

/** A good with the revision that it has in the store. */
export interface GoodAt {
  readonly good: Good
  readonly revision: number
}

export interface ConnectionInfo {
  readonly connection_id: string
  readonly namespace: Namespace
  readonly user_id: UserId
  readonly address: string
  readonly rooms: readonly RoomId[]
  readonly opened_at: number
  readonly node: string
  /** Of that node. */
  readonly worker: number
}

/** Which connections; null: whatever theirs is. */
export interface ConnectionFilter {
  readonly namespace: Namespace | null
  readonly userId: UserId | null
  readonly room: RoomId | null
}

/** An idempotency key, with what the request was. */
export interface OnceArgs {
  /** Each has keys of its own. */
  readonly whose: string
  readonly key: string
  /** The same for the same request. */
  readonly fingerprint: string
  /** Of the event that it makes. */
  readonly eventId: string
}

/** A room as it is read, with what changes whenever anything of it but `offset` does. */
export interface RoomAt {
  readonly room: RoomDefinition & { readonly members: number; readonly state: JsonValue; readonly offset: number }
  readonly tag: string
}

/** A Socket.IO client that cannot be served: `old_protocol` of socket.io-client 1 or 2, or with another parser than the default. */
export type Misfit = 'old_protocol' | 'msgpack_parser' | 'other_parser'

/** One line of /ready. */
export interface ReadyPart {
  readonly part: string
  readonly ok: boolean
  readonly reason?: string
}

/**
 * Between the worker that a client's request met, and the one that has its session. `id` is the asking worker's; each request ends
 * with its answer, each socket with an `end` from either side.
 */
export type RelayMessage =
  | { readonly kind: 'request'; readonly id: number; readonly head: RelayHead; readonly body: Uint8Array }
  | { readonly kind: 'upgrade'; readonly id: number; readonly head: RelayHead }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: RelayAnswer }
  | {
      readonly kind: 'frame'
      readonly id: number
      readonly isToClient: boolean
      readonly data: Uint8Array
      readonly isBinary: boolean
    }
  /** By the worker that asked: the client is gone. */
  | { readonly kind: 'gone'; readonly id: number }
  /** By the one that has the session. */
  | { readonly kind: 'end'; readonly id: number }
  /** By the primary: there is no such worker. */
  | { readonly kind: 'absent'; readonly id: number }

export interface RelayHead {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly remoteAddress: string
}

export interface RelayAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

type Method<Args, Result> = { readonly args: Args; readonly result: Result }

/** What a worker may ask of the primary. */
export type PrimaryMethods = {
  /** The worker listens; it says on which port. */
  listening: Method<{ readonly port: number }, null>
  open: Method<OpenArgs, OpenResult>
  /** A part of what there is after an offset; null: it is not held any more. */
  replay: Method<{ readonly connectionId: string; readonly after: number }, ReplayPart | null>
  close: Method<{ readonly connectionId: string }, null>
  /** The rooms of a session that can be resumed from there; null: it cannot. */
  remembered: Method<
    { readonly session: string; readonly cursor: { readonly epoch: string; readonly offset: number } },
    readonly RoomId[] | null
  >
  /** To another worker. */
  relay: Method<{ readonly to: number; readonly message: RelayMessage }, null>
  /** `state`: JSON to keep as the channel's state. */
  broadcast: Method<
    {
      readonly channel: Channel
      readonly event: EncodedEvent
      readonly state: Uint8Array | null
      readonly once: OnceArgs | null
    },
    { readonly offset: number }
  >
  message: Method<
    { readonly target: UserId; readonly event: EncodedEvent; readonly once: OnceArgs | null },
    { readonly offset: number; readonly delivered: number }
  >
  join: Method<{ readonly connectionId: string; readonly room: RoomId }, JoinResult>
  leave: Method<{ readonly connectionId: string; readonly room: RoomId }, null>
  state: Method<{ readonly channel: Channel }, { readonly state: JsonValue; readonly offset: number }>
  presence: Method<PageArgs & { readonly namespace: Namespace; readonly room: RoomId | null }, PresencePage>
  buy: Method<PurchaseRequest, Receipt>
  /** Somebody came with a key that is not in the set: the set may be old. */
  unknownKey: Method<null, null>
  /** The node logs it once for each address. */
  misfit: Method<{ readonly kind: Misfit; readonly address: string; readonly path: string }, null>

  goodList: Method<PageArgs, Page<Good>>
  goodGet: Method<{ readonly id: string }, GoodAt>
  /** `ifRevision`: it must be at this one; 0: it must not be there; 'any': it must be there; null: whatever there is. */
  goodPut: Method<{ readonly good: Good; readonly ifRevision: number | 'any' | null }, GoodAt>
  goodRestock: Method<{ readonly goodId: string; readonly count: number; readonly idempotencyKey: string }, Good>
  playerGet: Method<{ readonly userId: UserId }, Player>
  playerCredit: Method<
    { readonly userId: UserId; readonly currency: string; readonly amount: number; readonly idempotencyKey: string },
    Player
  >
  playerRefund: Method<
    {
      readonly userId: UserId
      readonly purchaseId: string
      readonly restock: boolean
      readonly idempotencyKey: string
    },
    Player
  >
  /** Lines of the ledger; `limit` is of batches. */
  ledgerList: Method<PageArgs, Page<string>>
  playerPurchases: Method<PageArgs & { readonly userId: UserId }, Page<Receipt>>
  receiptKey: Method<null, ReceiptKeys>
  roomPut: Method<
    { readonly room: RoomDefinition; readonly ifAbsent: boolean; readonly idempotencyKey: string | null },
    RoomAt
  >
  roomList: Method<PageArgs, Page<RoomDefinition & { readonly members: number }>>
  roomGet: Method<{ readonly room: RoomId }, RoomAt>
  /** `ifTag`: only where it is this one; null: whatever there is. */
  roomDelete: Method<{ readonly room: RoomId; readonly ifTag: string | null }, null>
  /** Gives how many connections are closed with 4502. */
  kick: Method<{ readonly connectionId: string } | { readonly userId: UserId }, { readonly kicked: number }>
  connectionList: Method<PageArgs & { readonly only: ConnectionFilter }, Page<ConnectionInfo>>
  eventList: Method<
    { readonly type: string | null; readonly since: number; readonly limit: number },
    { readonly items: readonly JsonObject[]; readonly next_cursor: string | null }
  >
  reload: Method<null, { readonly changed: readonly string[]; readonly at_next_start: readonly string[] }>
  /** Over all processes of this node; `until`: Unix time in milliseconds. */
  logLevel: Method<
    { readonly part: LogPart; readonly level: LogLevel; readonly forMs: number },
    { readonly until: number }
  >
  ready: Method<null, { readonly parts: readonly ReadyPart[] }>
  /** Prometheus text of all processes of this node. */
  metrics: Method<null, { readonly contentType: string; readonly text: string }>
}

/** What the primary may ask of a worker. */
export type WorkerMethods = {
  /** Sent once, first. */
  welcome: Method<WorkerWelcome, null>
  /** An address has, or has no longer, as many connections as it may. */
  addressFull: Method<{ readonly addressKey: string; readonly full: boolean }, null>
  namespaceFull: Method<{ readonly namespace: Namespace; readonly full: boolean }, null>
  /** While the node is short of memory: nobody new is taken. */
  memoryShort: Method<{ readonly short: boolean }, null>
  /** Give back what memory can be; `closeSlow`: also that of the connections for which most waits. */
  relieve: Method<{ readonly closeSlow: boolean }, null>
  jwks: Method<{ readonly keys: readonly WireKey[] }, null>
  /** By something else than a purchase: there may be stock again. */
  goodChanged: Method<{ readonly id: string }, null>
  kick: Method<{ readonly connectionId: string }, null>
  /** The room is no more; its members have left it. */
  roomClosed: Method<{ readonly room: RoomId }, null>
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

export interface WorkerWelcome {
  /** See `LINK_VERSION`. */
  readonly linkVersion: number
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
