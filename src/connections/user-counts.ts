import type { UserId } from '../protocol/ids.ts'
import type { PageArgs } from '../protocol/page.ts'
import type { PresencePage } from '../protocol/shapes/rooms.ts'

/**
 * Users and the numbers of their connections, sorted by id: any client may ask for a page, so a page costs only a binary search
 * however many users there are. Adding or removing a user moves the ids after it, 8 bytes each.
 */
export class UserCounts {
  readonly #connections = new Map<UserId, number>()
  readonly #sorted: UserId[] = []

  /** The number of users. */
  get size(): number {
    return this.#sorted.length
  }

  has(user: UserId): boolean {
    return this.#connections.has(user)
  }

  /** Adds a connection. Returns how many the user has now. */
  add(user: UserId): number {
    const count = (this.#connections.get(user) ?? 0) + 1
    this.#connections.set(user, count)
    if (count === 1) this.#sorted.splice(this.#indexOf(user), 0, user)
    return count
  }

  /** Removes a connection. Returns how many the user has left. */
  remove(user: UserId): number {
    const count = (this.#connections.get(user) ?? 0) - 1
    if (count > 0) this.#connections.set(user, count)
    else if (this.#connections.delete(user)) this.#sorted.splice(this.#indexOf(user), 1)
    return Math.max(0, count)
  }

  /** The cursor is the last id of the previous page. */
  page({ limit, cursor }: PageArgs): PresencePage {
    const start = cursor === null ? 0 : this.#indexAfter(cursor)
    const shown = this.#sorted.slice(start, start + limit)
    return {
      users: shown.map((user_id) => ({ user_id, connections: this.#connections.get(user_id) ?? 0 })),
      next_cursor: start + limit < this.#sorted.length ? (shown.at(-1) ?? null) : null,
      total: this.#sorted.length,
    }
  }

  #indexAfter(cursor: string): number {
    const index = this.#indexOf(cursor)
    return this.#sorted[index] === cursor ? index + 1 : index
  }

  /** The index of the id, or where it would be inserted. */
  #indexOf(id: string): number {
    let low = 0
    let high = this.#sorted.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#sorted[middle] ?? '') < id) low = middle + 1
      else high = middle
    }
    return low
  }
}
