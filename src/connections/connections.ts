import type { Clock } from '../base/clock.ts'
import { ownCopy } from '../base/own-copy.ts'
import { SmallSet } from '../base/small-set.ts'
import type { Cursor, Hub, ReplayChunk } from '../hub/hub.ts'
import type { Recalled } from '../hub/recall.ts'
import { Refusal } from '../protocol/errors.ts'
import type { NotRecovered } from '../protocol/shapes/events.ts'
import { roomChannel, type Namespace, type RoomId, type UserId } from '../protocol/ids.ts'
import type { Cluster } from '../store/cluster.ts'
import type { Bans } from './bans.ts'
import { channelsOf, type Connection } from './connection.ts'
import type { ConnectionLimits } from './limits.ts'
import type { Publisher } from './publisher.ts'
import type { ShareParts } from './share-parts.ts'
import type { RecoverableSessions } from './recoverable-sessions.ts'
import type { Registry } from './registry.ts'
import type { Replays, Resume } from './replay.ts'
import type { Subscriptions } from './subscriptions.ts'

/** What `connections/` needs of rooms when a connection of this node comes or goes. */
export interface ConnectionRooms {
  /**
   * Makes the connection a member, and adds the room to `connection.rooms`.
   * @throws ROOM_NOT_FOUND, ROOM_FULL
   */
  enter(connection: Connection, room: RoomId): void
  /** Takes a connection that was closed out of all its rooms. */
  closed(connection: Connection): void
}

export interface ConnectionsOptions {
  readonly hub: Hub
  readonly cluster: Cluster
  readonly clock: Clock
  readonly registry: Registry
  readonly bans: Bans
  readonly limits: ConnectionLimits
  /** Undefined if there is only one worker. */
  readonly shareParts: ShareParts | undefined
  readonly subscriptions: Subscriptions
  readonly replays: Replays
  readonly publisher: Publisher
  readonly sessions: RecoverableSessions
  readonly rooms: ConnectionRooms
}

/** A connection that a worker asks the primary to let in. */
export interface Opening {
  readonly connectionId: string
  readonly namespace: Namespace
  readonly userId: UserId
  readonly addressKey: string
  readonly shareKey: string
  /** The rooms that it enters when it opens. Null means the rooms of its session, as this node knows them. */
  readonly rooms: readonly RoomId[] | null
  /** Whether it may enter any of these rooms, as if it joined them. If not, it enters only those that its session was in. */
  readonly mayJoin: boolean
  readonly isResume: boolean
  /** Where a resume continues. Null if the client's cursor cannot be read. */
  readonly cursor: Cursor | null
  readonly session: string
  /** The number of the resume token that it came with. Null if it came without one, or with one that may be used again. */
  readonly use: number | null
}

export interface Opened {
  /** Events after this offset are delivered as they come; older ones are replayed. */
  readonly offset: number
  readonly epoch: string
  /** The rooms that it is in now. A room of the session that is full or gone is left out. */
  readonly rooms: readonly RoomId[]
  /** How many events of its channels lie between the cursor and `offset`. `replay` returns them. */
  readonly replayed: number
  /** Why the session could not be resumed. Null if it was, or if nothing was to be resumed. */
  readonly reason: NotRecovered | null
}

/**
 * Opens and closes connections of this node. Whatever has to know of it is told here: counts, other nodes, sessions,
 * subscriptions.
 */
export class Connections {
  readonly #options: ConnectionsOptions
  #arrivals = 0

  constructor(options: ConnectionsOptions) {
    this.#options = options
  }

  /**
   * Lets a connection in. From here on it is counted and visible, also on the other nodes. Call `open` or `close` next. Returns
   * undefined if `open` can be called at once. Otherwise returns a promise to wait for: the other nodes have to learn of the
   * connection, or the events after its cursor have to be fetched, because the cursor is ahead of this node or older than what
   * the hub holds.
   * @throws TOKEN_INVALID if its resume token was used before, FORBIDDEN if it is banned, RATE_LIMITED beyond the limits per user
   * and address, OVERLOADED beyond the one per namespace
   */
  admit(worker: number, opening: Opening): Promise<Resume | undefined> | undefined {
    const { registry, bans, limits, shareParts, publisher, replays, sessions } = this.#options
    if (sessions.isSpent(opening)) throw new Refusal('TOKEN_INVALID', 'the resume token was used before')
    const connection = this.#toConnection(worker, opening)
    bans.admit(connection)
    limits.admit(connection)
    registry.add(connection)
    shareParts?.added(connection)
    publisher.put(connection)
    const told = publisher.told()
    const resume = this.#toResume(connection, opening)
    const cursor = resume?.cursor
    const isRead = this.#roomsOf(opening) !== undefined && replays.mustRecall(cursor)
    if (!told && !isRead) return undefined
    const read = isRead ? this.#recall(connection, opening, cursor) : undefined
    return Promise.all([told, read]).then(([, recalled]) => resume && { ...resume, recalled })
  }

  /** @param resume what the promise of `admit` gave, if there was one */
  open(opening: Opening, resume?: Resume): Opened {
    const { hub, registry, subscriptions, publisher, sessions, replays } = this.#options
    const connection = registry.require(opening.connectionId)
    resume ??= this.#toResume(connection, opening)
    // The rooms are looked up only now: while `admit` waited, another connection of the session may have joined or left one.
    const rooms = this.#roomsOf(opening)
    const joined = rooms?.filter((room) => this.#tryEnter(connection, room)) ?? []
    if (joined.length > 0) publisher.put(connection)
    sessions.changed(connection)
    sessions.used(connection, opening.use)
    subscriptions.open(connection)
    const at = { offset: hub.head, epoch: hub.epoch, rooms: joined }
    if (rooms === undefined) {
      const reason = resume && hub.whyNotHeld(resume.cursor)
      return { ...at, replayed: 0, reason: reason ?? 'ROOMS_UNKNOWN' }
    }
    const replay = resume && replays.begin(connection, resume)
    if (replay?.recovered === false) return { ...at, replayed: 0, reason: replay.reason }
    return { ...at, replayed: replay?.count ?? 0, reason: null }
  }

  /**
   * The next part of a replay, after `offset`. Returns undefined if these events are no longer held. Throws UNAVAILABLE if the
   * connection is gone.
   */
  replay(id: string, offset: number): ReplayChunk | undefined {
    const { registry, replays } = this.#options
    return replays.more(registry.require(id), offset)
  }

  close(id: string): void {
    const { registry, limits, shareParts, subscriptions, replays, publisher, sessions, rooms } = this.#options
    const connection = registry.remove(id)
    if (!connection) return
    shareParts?.removed(connection)
    sessions.closed(connection)
    publisher.remove(connection)
    replays.forget(connection)
    subscriptions.close(connection)
    rooms.closed(connection)
    limits.release(connection)
  }

  /** Closes the connections of a worker that died. */
  workerGone(worker: number): void {
    const { registry, subscriptions } = this.#options
    for (const { id } of registry.ofWorker(worker)) this.close(id)
    subscriptions.workerGone(worker)
  }

  #toConnection(worker: number, opening: Opening): Connection {
    const { cluster, clock, hub, sessions } = this.#options
    const { cursor } = opening
    const begun = cursor?.epoch === hub.epoch ? Math.min(cursor.offset, hub.head) : hub.head
    const userId = ownCopy(opening.userId)
    const addressKey = ownCopy(opening.addressKey)
    return {
      id: ownCopy(opening.connectionId),
      node: cluster.node,
      worker,
      namespace: opening.namespace,
      userId,
      addressKey,
      shareKey: opening.shareKey === userId ? userId : addressKey,
      openedAtMs: clock.wallMs(),
      rooms: new SmallSet<RoomId>(),
      session: ownCopy(opening.session),
      begun: sessions.begun(opening.session) ?? begun,
      arrival: ++this.#arrivals,
    }
  }

  /** Returns undefined if the rooms are those of a session that this node does not know. */
  #roomsOf({ rooms, mayJoin, session }: Opening): readonly RoomId[] | undefined {
    if (rooms !== null && mayJoin) return rooms
    const known = this.#options.sessions.of(session)
    return rooms === null ? known : rooms.filter((room) => known?.includes(room))
  }

  /** A connection never gets events from before its session, whatever cursor it names. */
  #toResume({ begun = 0 }: Connection, { isResume, cursor }: Opening): Resume | undefined {
    if (!isResume) return undefined
    if (cursor?.epoch !== this.#options.hub.epoch) return { cursor: cursor ?? undefined }
    return { cursor: { epoch: cursor.epoch, offset: Math.max(cursor.offset, begun) } }
  }

  #recall(connection: Connection, opening: Opening, cursor: Cursor): Promise<Recalled | undefined> {
    return this.#options.replays.recall(cursor, () => {
      const rooms = this.#roomsOf(opening) ?? []
      return [...channelsOf(connection), ...rooms.map((room) => roomChannel(connection.namespace, room))]
    })
  }

  #tryEnter(connection: Connection, room: RoomId): boolean {
    try {
      this.#options.rooms.enter(connection, room)
      return true
    } catch (thrown) {
      if (thrown instanceof Refusal) return false
      throw thrown
    }
  }
}
