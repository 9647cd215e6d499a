import type { Connection } from './connection.ts'

/**
 * Tells over how many workers the connections of a share's user are spread now. `workers` are those that have to know: they have
 * such a connection, or have just lost their last one.
 */
export type OnParts = (key: string, parts: number, workers: readonly number[]) => void

/**
 * Counts over how many workers of this node the connections of each user are spread. Each of these workers grants an equal part
 * of the user's share.
 */
export class ShareParts {
  readonly #onParts: OnParts
  /** The worker of each connection, by share. */
  readonly #workers = new Map<string, number[]>()

  constructor(onParts: OnParts) {
    this.#onParts = onParts
  }

  added({ shareKey, worker }: Connection): void {
    if (shareKey === undefined) return
    const workers = this.#workers.get(shareKey)
    if (!workers) this.#workers.set(shareKey, [worker])
    else {
      const isNew = !workers.includes(worker)
      workers.push(worker)
      if (isNew) this.#tell(shareKey, workers)
    }
  }

  removed({ shareKey, worker }: Connection): void {
    const workers = shareKey === undefined ? undefined : this.#workers.get(shareKey)
    if (shareKey === undefined || !workers) return
    workers.splice(workers.indexOf(worker), 1)
    if (workers.length === 0) this.#workers.delete(shareKey)
    else if (!workers.includes(worker)) this.#tell(shareKey, workers, worker)
  }

  /** @param left a worker that has just lost its last connection of this share */
  #tell(key: string, workers: readonly number[], left?: number): void {
    const parts = new Set(workers)
    this.#onParts(key, parts.size, [...parts])
    if (left !== undefined) this.#onParts(key, 1, [left])
  }
}
