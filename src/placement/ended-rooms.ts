import type { Connection } from '../connections/connection.ts'
import { Refusal } from '../protocol/errors.ts'
import type { RoomId } from '../protocol/ids.ts'
import type { PlacedRoom } from './placed-room.ts'

interface Ended {
  readonly sessions: Pick<ReadonlySet<string>, 'has'>
  readonly why: Refusal
  readonly atMs: number
}

const OVER = new Refusal('ROOM_OVER', 'the room is over')
const LOST = new Refusal('ROOM_OVER', 'the room was lost with the server: it has no result, and pays nothing', {
  why: 'lost',
})
const NOBODY: ReadonlySet<string> = new Set()

/** Rooms that are remembered; the oldest are forgotten first. */
const ENDED_MAX = 10_000

/** Rooms that are over, and the sessions that were in them: one that comes back later is still to hear how a room has ended. */
export class EndedRooms {
  readonly #keepMs: number
  readonly #nowMs: () => number
  readonly #rooms = new Map<RoomId, Ended>()

  constructor({ keepMs, nowMs }: { readonly keepMs: number; readonly nowMs: () => number }) {
    this.#keepMs = keepMs
    this.#nowMs = nowMs
  }

  add({ id, sessions }: PlacedRoom): void {
    this.#add(id, { sessions, why: OVER, atMs: this.#nowMs() })
  }

  /** Of an earlier life of this server. @param isLost it ran when the server ended; else its end was in the log by then, and some may not have heard it */
  addEarlier(id: RoomId, { isLost }: { readonly isLost: boolean }): void {
    this.#add(id, { sessions: NOBODY, why: isLost ? LOST : OVER, atMs: this.#nowMs() })
  }

  has(id: RoomId): boolean {
    return this.why(id) !== undefined
  }

  /** What is answered to whoever asks for the room; undefined: it is not known to have ended. */
  why(id: RoomId): Refusal | undefined {
    this.#forgetOld()
    return this.#rooms.get(id)?.why
  }

  /** Whether the connection's session was in the room. */
  wasIn({ session }: Connection, id: RoomId): boolean {
    return session !== undefined && this.has(id) && this.#rooms.get(id)?.sessions.has(session) === true
  }

  #add(id: RoomId, ended: Ended): void {
    this.#rooms.set(id, ended)
    this.#forgetOld()
  }

  #forgetOld(): void {
    const sinceMs = this.#nowMs() - this.#keepMs
    for (const [id, { atMs }] of this.#rooms) {
      if (atMs >= sinceMs && this.#rooms.size <= ENDED_MAX) return
      this.#rooms.delete(id)
    }
  }
}
