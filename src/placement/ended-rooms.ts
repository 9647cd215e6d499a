import type { Connection } from '../connections/connection.ts'
import { Refusal } from '../protocol/errors.ts'
import type { RoomId } from '../protocol/ids.ts'
import type { PlacedRoom } from './placed-room.ts'

interface Ended {
  readonly sessions: Pick<ReadonlySet<string>, 'has'>
  /** The users who had a seat, for a room from before the node's start, whose sessions are not known. */
  readonly users: Pick<ReadonlySet<string>, 'has'>
  readonly why: Refusal
  readonly atMs: number
}

const OVER = new Refusal('ROOM_OVER', 'the room is over')
const LOST = new Refusal('ROOM_OVER', 'the room was lost with the server: it has no result, and pays nothing', {
  why: 'lost',
})
const NOBODY: ReadonlySet<string> = new Set()

/** How many rooms are remembered. The oldest are forgotten first. */
const ENDED_MAX = 10_000

/**
 * Rooms that are over, and the sessions that were in them. A session that comes back later still has to hear how a room has
 * ended.
 */
export class EndedRooms {
  readonly #keepMs: number
  readonly #nowMs: () => number
  readonly #rooms = new Map<RoomId, Ended>()

  constructor({ keepMs, nowMs }: { readonly keepMs: number; readonly nowMs: () => number }) {
    this.#keepMs = keepMs
    this.#nowMs = nowMs
  }

  add({ id, sessions, isOfEarlierLife, seated }: PlacedRoom): void {
    const users = isOfEarlierLife ? new Set(seated) : NOBODY
    this.#add(id, { sessions, users, why: OVER, atMs: this.#nowMs() })
  }

  /** Adds a room whose end was in the log when the node stopped. Users who had a seat may not have heard of the end. */
  addEarlier(id: RoomId, users: ReadonlySet<string>): void {
    this.#add(id, { sessions: NOBODY, users, why: OVER, atMs: this.#nowMs() })
  }

  /** Adds a room from before the node's start that cannot go on. */
  addLost(id: RoomId): void {
    this.#add(id, { sessions: NOBODY, users: NOBODY, why: LOST, atMs: this.#nowMs() })
  }

  has(id: RoomId): boolean {
    return this.why(id) !== undefined
  }

  /** The answer to those who ask for the room. Undefined if the room is not known to have ended. */
  why(id: RoomId): Refusal | undefined {
    this.#forgetOld()
    return this.#rooms.get(id)?.why
  }

  /** Whether the connection's session was in the room. */
  wasIn({ session, userId }: Connection, id: RoomId): boolean {
    if (session === undefined || !this.has(id)) return false
    const ended = this.#rooms.get(id)
    return ended?.sessions.has(session) === true || ended?.users.has(userId) === true
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
