import type { Connection } from '../connections/connection.ts'
import type { RoomId } from '../protocol/ids.ts'
import type { PlacedRoom } from './placed-room.ts'

/** Rooms that are remembered; the oldest are forgotten first. */
const ENDED_MAX = 10_000

/** Rooms that are over, and the sessions that were in them: one that comes back later is still to hear how a room has ended. */
export class EndedRooms {
  readonly #keepMs: number
  readonly #nowMs: () => number
  readonly #rooms = new Map<RoomId, { readonly sessions: Pick<ReadonlySet<string>, 'has'>; readonly atMs: number }>()

  constructor({ keepMs, nowMs }: { readonly keepMs: number; readonly nowMs: () => number }) {
    this.#keepMs = keepMs
    this.#nowMs = nowMs
  }

  add({ id, sessions }: PlacedRoom): void {
    this.#rooms.set(id, { sessions, atMs: this.#nowMs() })
    this.#forgetOld()
  }

  has(id: RoomId): boolean {
    this.#forgetOld()
    return this.#rooms.has(id)
  }

  /** Whether the connection's session was in the room. */
  wasIn({ session }: Connection, id: RoomId): boolean {
    return session !== undefined && this.has(id) && this.#rooms.get(id)?.sessions.has(session) === true
  }

  #forgetOld(): void {
    const sinceMs = this.#nowMs() - this.#keepMs
    for (const [id, { atMs }] of this.#rooms) {
      if (atMs >= sinceMs && this.#rooms.size <= ENDED_MAX) return
      this.#rooms.delete(id)
    }
  }
}
