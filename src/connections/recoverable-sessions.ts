import type { Connection } from './connection.ts'
import type { RoomId } from '../protocol/ids.ts'

export interface RecoverableSessionsOptions {
  /** How long after its end a session's rooms are known. */
  readonly keepMs: number
  readonly nowMs: () => number
  /** How many sessions that have ended are kept, each with its rooms counted, too. The oldest are forgotten first. */
  readonly leftMax?: number
}

interface Left {
  readonly rooms: readonly RoomId[]
  /** The offset. */
  readonly begun: number
  readonly atMs: number
}

const LEFT_MAX = 300_000

/**
 * The rooms of sessions of this node, for clients that do not name them when they come back. A session has the rooms of the
 * connection that came, joined or left last: one that comes later may be given up for it, while the client hands over.
 */
export class RecoverableSessions {
  readonly #options: RecoverableSessionsOptions
  readonly #live = new Map<string, Connection>()
  readonly #left = new Map<string, Left>()
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
    const { session } = connection
    // Its client may have come back before this one was found dead.
    if (session === undefined || this.#live.get(session) !== connection) return
    this.#live.delete(session)
    this.#left.set(session, { rooms: [...connection.rooms], begun: connection.begun ?? 0, atMs: this.#options.nowMs() })
    this.#kept += 1 + connection.rooms.size
    this.#forgetOld()
  }

  /** Returns undefined if the session is not known here, or is no more. */
  of(session: string): readonly RoomId[] | undefined {
    this.#forgetOld()
    const live = this.#live.get(session)
    return live ? [...live.rooms] : this.#left.get(session)?.rooms
  }

  /** The offset at which the session began; undefined as with `of`. */
  begun(session: string): number | undefined {
    this.#forgetOld()
    return (this.#live.get(session) ?? this.#left.get(session))?.begun
  }

  /** Forgets those that ended first, until half of what is kept is let go: for when memory is short. */
  forgetOlderHalf(): void {
    const keptMax = this.#kept / 2
    for (const session of this.#left.keys()) {
      if (this.#kept <= keptMax) return
      this.#forget(session)
    }
  }

  #forgetOld(): void {
    const { keepMs, nowMs, leftMax = LEFT_MAX } = this.#options
    const oldestMs = nowMs() - keepMs
    for (const [session, { atMs }] of this.#left) {
      if (atMs >= oldestMs && this.#kept <= leftMax) return
      this.#forget(session)
    }
  }

  #forget(session: string): void {
    const left = this.#left.get(session)
    if (!left) return
    this.#left.delete(session)
    this.#kept -= 1 + left.rooms.length
  }
}
