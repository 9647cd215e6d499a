import type { Connection } from './connection.ts'
import type { RoomId } from '../protocol/ids.ts'

export interface RecoverableSessionsOptions {
  /** How long after its end a session's rooms are known. */
  readonly keepMs: number
  readonly nowMs: () => number
  /** How many sessions that have ended are kept, each with its rooms counted, too. The oldest are forgotten first. */
  readonly leftMax?: number
  /** The same for one user, or the guests of one address: their oldest are forgotten first. */
  readonly leftPerUserMax?: number
  /** After so long a connection is known to have heard of its next resume token: it has answered pings since. */
  readonly heardAfterMs: number
}

interface Left {
  readonly rooms: readonly RoomId[]
  /** The offset. */
  readonly begun: number
  readonly atMs: number
  /** Whose it is; undefined if that is not known. */
  readonly user: string | undefined
}

/** A user's, in the order of their ends. */
interface Mine {
  readonly sessions: Set<string>
  kept: number
}

/** The newest resume token of a session that was used, and the connection that it gave. */
interface Use {
  readonly use: number
  readonly connection: string
  readonly atMs: number
  /** undefined: it is there. */
  endedMs: number | undefined
}

const LEFT_MAX = 300_000
/** As many connections as a user may have, with 32 rooms each. */
const LEFT_PER_USER_MAX = 3_300

/**
 * The rooms of sessions of this node, for clients that do not name them when they come back. A session has the rooms of the
 * connection that came, joined or left last: one that comes later may be given up for it, while the client hands over.
 */
export class RecoverableSessions {
  readonly #options: RecoverableSessionsOptions
  readonly #live = new Map<string, Connection>()
  readonly #left = new Map<string, Left>()
  readonly #users = new Map<string, Mine>()
  readonly #uses = new Map<string, Use>()
  /** Sessions and rooms in `#left`. */
  #kept = 0

  constructor(options: RecoverableSessionsOptions) {
    this.#options = options
  }

  /** The connection has come and is in its rooms, or has just joined or left one. */
  changed(connection: Connection): void {
    const { session } = connection
    if (session === undefined) return
    this.#live.set(session, connection)
    this.#forget(session)
  }

  /** To be called while the connection is still in its rooms. */
  closed(connection: Connection): void {
    const { session, shareKey: user } = connection
    const use = session === undefined ? undefined : this.#uses.get(session)
    if (use !== undefined && use.connection === connection.id) use.endedMs = this.#options.nowMs()
    // Its client may have come back before this one was found dead.
    if (session === undefined || this.#live.get(session) !== connection) return
    this.#live.delete(session)
    const left = { rooms: [...connection.rooms], begun: connection.begun ?? 0, atMs: this.#options.nowMs(), user }
    this.#left.set(session, left)
    this.#kept += costOf(left)
    if (user !== undefined) this.#keepFor(user, session, left)
    this.forgetOld()
  }

  /** The connection is open, by this token of its session. */
  used({ id, session }: Connection, use: number | null): void {
    if (session === undefined || use === null) return
    this.#uses.set(session, { use, connection: id, atMs: this.#options.nowMs(), endedMs: undefined })
  }

  /**
   * Whether a newer token of the session was used, or this one by a connection that lasted: its client has the next one then. A client may not
   * have heard of a connection that broke soon, and comes with the same token again. Returns false if nothing is known of the session here.
   */
  isSpent({ session, use }: { readonly session: string; readonly use: number | null }): boolean {
    this.forgetOld()
    const known = this.#uses.get(session)
    if (known === undefined || use === null) return false
    const { nowMs, heardAfterMs } = this.#options
    const lastedMs = (known.endedMs ?? nowMs()) - known.atMs
    return use < known.use || (use === known.use && lastedMs > heardAfterMs)
  }

  /** Returns undefined if the session is not known here, or is no more. */
  of(session: string): readonly RoomId[] | undefined {
    this.forgetOld()
    const live = this.#live.get(session)
    return live ? [...live.rooms] : this.#left.get(session)?.rooms
  }

  /** The offset at which the session began; undefined as with `of`. */
  begun(session: string): number | undefined {
    this.forgetOld()
    return (this.#live.get(session) ?? this.#left.get(session))?.begun
  }

  /** Forgets those that ended first, until half of what is kept is let go: for when memory is short. */
  forgetOlderHalf(): void {
    const keptMax = this.#kept / 2
    for (const session of this.#left.keys()) {
      if (this.#kept <= keptMax) return
      this.#drop(session)
    }
  }

  /** Sessions that have ended, and their rooms. */
  get kept(): number {
    return this.#kept
  }

  /** Forgets those whose time is over. To be called now and then. */
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
