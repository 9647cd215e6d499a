import type { Connection } from '../connections/connection.ts'
import { isGuestId } from '../protocol/ids.ts'

/**
 * Seats that are held for guests who have hung up, counted for their addresses. It costs nothing to be another guest, but a held
 * seat keeps others out.
 */
export class HeldSeats {
  readonly #max: number
  /** For each room, by its handle: the users whose seats are held, and their share keys. */
  readonly #ofRoom = new Map<number, Map<string, string>>()
  readonly #counts = new Map<string, number>()

  /** @param max for each address */
  constructor(max: number) {
    this.#max = max
  }

  /** Whether the seat is held for the user of this connection, which is gone. The seat of a guest is counted then. */
  holdFor(connection: Pick<Connection, 'userId' | 'shareKey'>, handle: number, seat: string): boolean {
    return !isGuestId(connection.userId) || this.hold(handle, seat, connection.shareKey ?? connection.userId)
  }

  /**
   * Counts a seat. Returns false if the address has as many as it may, and then does not count it.
   * @param handle of the room
   * @param key the share key of the guest
   */
  hold(handle: number, user: string, key: string): boolean {
    const users = this.#ofRoom.get(handle) ?? new Map<string, string>()
    if (users.has(user)) return true
    const count = this.#counts.get(key) ?? 0
    if (count >= this.#max) return false
    this.#ofRoom.set(handle, users.set(user, key))
    this.#counts.set(key, count + 1)
    return true
  }

  /** The guest is back, or the seat has ended. */
  release(handle: number, user: string): void {
    const users = this.#ofRoom.get(handle)
    const key = users?.get(user)
    if (!users || key === undefined) return
    users.delete(user)
    if (users.size === 0) this.#ofRoom.delete(handle)
    const count = (this.#counts.get(key) ?? 0) - 1
    if (count > 0) this.#counts.set(key, count)
    else this.#counts.delete(key)
  }

  /** The room is gone. */
  releaseAll(handle: number): void {
    for (const user of this.#ofRoom.get(handle)?.keys() ?? []) this.release(handle, user)
  }

  /** How many addresses have a held seat. */
  get size(): number {
    return this.#counts.size
  }
}
