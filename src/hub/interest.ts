import type { Channel } from '../protocol/ids.ts'

/**
 * Which workers have somebody in a channel, counted by connection. A worker is named by a number that is never used
 * twice.
 */
export class Interest {
  readonly #workers = new Map<Channel, Map<number, number>>()
  readonly #channels = new Map<number, Set<Channel>>()

  add(worker: number, channel: Channel): void {
    let counts = this.#workers.get(channel)
    if (!counts) this.#workers.set(channel, (counts = new Map()))
    counts.set(worker, (counts.get(worker) ?? 0) + 1)
    let channels = this.#channels.get(worker)
    if (!channels) this.#channels.set(worker, (channels = new Set()))
    channels.add(channel)
  }

  remove(worker: number, channel: Channel): void {
    const counts = this.#workers.get(channel)
    const count = counts?.get(worker)
    if (!counts || count === undefined) return
    if (count > 1) counts.set(worker, count - 1)
    else this.#forget(worker, channel)
  }

  /** A worker is gone. */
  removeWorker(worker: number): void {
    for (const channel of this.#channels.get(worker) ?? []) this.#forget(worker, channel)
    this.#channels.delete(worker)
  }

  workersOf(channel: Channel): Iterable<number> {
    return this.#workers.get(channel)?.keys() ?? []
  }

  #forget(worker: number, channel: Channel): void {
    const counts = this.#workers.get(channel)
    counts?.delete(worker)
    if (counts?.size === 0) this.#workers.delete(channel)
    this.#channels.get(worker)?.delete(channel)
  }
}
