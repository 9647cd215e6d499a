import type { Connection } from './connection.ts'
import type { RoomId } from '../protocol/ids.ts'

export interface RecoverableSessionsOptions {
  /** How long the rooms of a session are kept after it ended. */
  readonly keepMs: number
  readonly nowMs: () => number
  /** The most that is kept of ended sessions. Each session counts as 1 plus its rooms. The oldest are forgotten first. */
  readonly leftMax?: number
  /** The same for one user, or for all guests of one address. Their oldest are forgotten first. */
  readonly leftPerUserMax?: number
  /** A connection that lasted this long has answered pings, so its client has certainly received its next resume token. */
  readonly heardAfterMs: number
}

interface Left {
  readonly rooms: readonly RoomId[]
  /** The offset at which the session began. */
  readonly begun: number
  readonly atMs: number
  /** The `shareKey` of its connection. Undefined if that is not known. */
  readonly user: string | undefined
}

/** The ended sessions of one user, in the order in which they ended. */
interface Mine {
  readonly sessions: Set<string>
  kept: number
}

/** The newest resume token of a session that was used, and the connection that was opened with it. */
interface Use {
  readonly use: number
  readonly connection: string
  readonly atMs: number
  /** Undefined while the connection is open. */
  endedMs: number | undefined
}

const LEFT_MAX = 300_000
/** Enough for as many connections as a user may have, with 32 rooms each. */
const LEFT_PER_USER_MAX = 3_300

/**
 * Keeps the rooms of this node's sessions, for clients that do not name them when they come back. A session can have two
 * connections for a moment, while its client hands over. Then its rooms are those of the connection that last came, or last
 * joined or left a room.
 */
export class RecoverableSessions {
  readonly #options: RecoverableSessionsOptions
  readonly #live = new Map<string, Connection>()
  readonly #left = new Map<string, Left>()
  readonly #users = new Map<string, Mine>()
  readonly #uses = new Map<string, Use>()
  /** Ended sessions plus their rooms, in `#left`. */
  #kept = 0

  constructor(options: RecoverableSessionsOptions) {
    this.#options = options
  }

  /** Call this when the connection has opened and entered its rooms, or has just joined or left one. */
  changed(connection: Connection): void {
    const { session } = connection
    if (session === undefined) return
    this.#live.set(session, connection)
    this.#forget(session)
  }

  /** Call this while the connection is still in its rooms. */
  closed(connection: Connection): void {
    const { session, shareKey: user } = connection
    const use = session === undefined ? undefined : this.#uses.get(session)
    if (use !== undefined && use.connection === connection.id) use.endedMs = this.#options.nowMs()
    // The client may have come back before this connection was found dead.
    if (session === undefined || this.#live.get(session) !== connection) return
    this.#live.delete(session)
    const left = { rooms: [...connection.rooms], begun: connection.begun ?? 0, atMs: this.#options.nowMs(), user }
    this.#left.set(session, left)
    this.#kept += costOf(left)
    if (user !== undefined) this.#keepFor(user, session, left)
    this.forgetOld()
  }

  /** Call this when a connection was opened with this token of its session. */
  used({ id, session }: Connection, use: number | null): void {
    if (session === undefined || use === null) return
    this.#uses.set(session, { use, connection: id, atMs: this.#options.nowMs(), endedMs: undefined })
  }

  /**
   * Whether the token was spent: a newer token of the session was used, or a connection that was opened with this one lasted, so
   * that its client has the next token. After a connection that broke soon the client may not have the next one, and may use this
   * one again. Returns false if nothing is known of the session here.
   */
  isSpent({ session, use }: { readonly session: string; readonly use: number | null }): boolean {
    this.forgetOld()
    const known = this.#uses.get(session)
    if (known === undefined || use === null) return false
    const { nowMs, heardAfterMs } = this.#options
    const lastedMs = (known.endedMs ?? nowMs()) - known.atMs
    return use < known.use || (use === known.use && lastedMs > heardAfterMs)
  }

  /** The rooms of the session. Returns undefined if the session is not known here, or not any more. */
  of(session: string): readonly RoomId[] | undefined {
    this.forgetOld()
    const live = this.#live.get(session)
    return live ? [...live.rooms] : this.#left.get(session)?.rooms
  }

  /** The offset at which the session began. Returns undefined as `of` does. */
  begun(session: string): number | undefined {
    this.forgetOld()
    return (this.#live.get(session) ?? this.#left.get(session))?.begun
  }

  /** For when memory is short: forgets the sessions that ended first, until half of what was kept is gone. */
  forgetOlderHalf(): void {
    const keptMax = this.#kept / 2
    for (const session of this.#left.keys()) {
      if (this.#kept <= keptMax) return
      this.#drop(session)
    }
  }

  /** The number of ended sessions plus that of their rooms. */
  get kept(): number {
    return this.#kept
  }

  /** Forgets sessions that ended more than `keepMs` ago, or that are too many. Call this now and then. */
  forgetOld(): void {
    const { keepMs, nowMs, leftMax = LEFT_MAX } = this.#options
    const oldestMs = nowMs() - keepMs
    for (const [session, { atMs }] of this.#left) {
      if (atMs >= oldestMs && this.#kept <= leftMax) return
      this.#drop(session)
    }
  }

  #drop(session: string): void {
    this.#forget(session)
    this.#uses.delete(session)
  }

  #forget(session: string): void {
    const left = this.#left.get(session)
    if (!left) return
    this.#left.delete(session)
    this.#kept -= costOf(left)
    const mine = left.user === undefined ? undefined : this.#users.get(left.user)
    if (left.user === undefined || !mine?.sessions.delete(session)) return
    mine.kept -= costOf(left)
    if (mine.sessions.size === 0) this.#users.delete(left.user)
  }

  #keepFor(user: string, session: string, left: Left): void {
    const mine = this.#users.get(user) ?? { sessions: new Set<string>(), kept: 0 }
    this.#users.set(user, mine)
    mine.sessions.add(session)
    mine.kept += costOf(left)
    const { leftPerUserMax = LEFT_PER_USER_MAX } = this.#options
    for (const oldest of mine.sessions) {
      if (mine.kept <= leftPerUserMax) return
      this.#drop(oldest)
    }
  }
}

function costOf({ rooms }: Left): number {
  return 1 + rooms.length
}
