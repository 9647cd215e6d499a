import type { Connection } from '../presence/presence.ts'
import type { RoomId } from '../protocol/ids.ts'

export interface RememberedRoomsOptions {
  /** How long after its end a session's rooms are known. */
  readonly keepMs: number
  readonly nowMs: () => number
}

interface Left {
  readonly rooms: readonly RoomId[]
  readonly atMs: number
}

/** Sessions that have ended; the oldest are forgotten first. */
const LEFT_MAX = 100_000

/** The rooms of sessions whose clients cannot name them when they come back: those of this node. */
export class RememberedRooms {
  readonly #options: RememberedRoomsOptions
  readonly #sessions = new Map<string, string>()
  readonly #live = new Map<string, Connection>()
  readonly #left = new Map<string, Left>()

  constructor(options: RememberedRoomsOptions) {
    this.#options = options
  }

  opened(session: string, connection: Connection): void {
    this.#sessions.set(connection.id, session)
    this.#live.set(session, connection)
    this.#left.delete(session)
  }

  /** To be called while the connection is still in its rooms. */
  closed(connection: Connection): void {
    const session = this.#sessions.get(connection.id)
    if (session === undefined) return
    this.#sessions.delete(connection.id)
    // Its client may have come back before this one was found dead.
    if (this.#live.get(session) !== connection) return
    this.#live.delete(session)
    this.#left.set(session, { rooms: [...connection.rooms], atMs: this.#options.nowMs() })
    this.#forget()
  }

  /** undefined: the session is not known here, or is no more. */
  of(session: string): readonly RoomId[] | undefined {
    this.#forget()
    const live = this.#live.get(session)
    return live ? [...live.rooms] : this.#left.get(session)?.rooms
  }

  #forget(): void {
    const oldestMs = this.#options.nowMs() - this.#options.keepMs
    for (const [session, { atMs }] of this.#left) {
      if (atMs >= oldestMs && this.#left.size <= LEFT_MAX) return
      this.#left.delete(session)
    }
  }
}
