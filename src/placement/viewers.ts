import type { Connection } from '../connections/connection.ts'
import type { UserId } from '../protocol/ids.ts'

/** A connection in a room. The host knows it by its number. */
export interface Viewer {
  /** Unique on this node. */
  readonly number: number
  readonly connection: Connection
  readonly as: 'player' | 'spectator'
  readonly encoding: 'json' | 'binary'
  /** The seat that it has. Null if it watches, or has not been let in yet. */
  seat: UserId | null
}

/** The connections that see a room, and their workers. */
export class Viewers {
  readonly #byNumber = new Map<number, Viewer>()
  readonly #byConnection = new Map<string, Viewer>()
  /** How many connections each worker has. */
  readonly #workers = new Map<number, number>()

  get size(): number {
    return this.#byNumber.size
  }

  add(viewer: Viewer): void {
    const { id, worker } = viewer.connection
    this.#byNumber.set(viewer.number, viewer)
    this.#byConnection.set(id, viewer)
    this.#workers.set(worker, (this.#workers.get(worker) ?? 0) + 1)
  }

  remove(viewer: Viewer): boolean {
    const { id, worker } = viewer.connection
    if (!this.#byNumber.delete(viewer.number)) return false
    if (this.#byConnection.get(id) === viewer) this.#byConnection.delete(id)
    const left = (this.#workers.get(worker) ?? 0) - 1
    if (left > 0) this.#workers.set(worker, left)
    else this.#workers.delete(worker)
    return true
  }

  get(number: number): Viewer | undefined {
    return this.#byNumber.get(number)
  }

  of({ id }: Pick<Connection, 'id'>): Viewer | undefined {
    return this.#byConnection.get(id)
  }

  /** The connections of the user that play on the user's seat. */
  ofSeat(user: string): readonly Viewer[] {
    return [...this.#byNumber.values()].filter(({ seat }) => seat === user)
  }

  get all(): readonly Viewer[] {
    return [...this.#byNumber.values()]
  }

  get workers(): Iterable<number> {
    return this.#workers.keys()
  }
}
