/** How long a good counts as sold out before the store is asked again, should word of new stock not have come. */
const KEEP_MS = 1_000

/**
 * Goods of which there is nothing left, as far as a worker knows: who wants one is told so without a trip to the store. The log
 * says when there may be stock again, and word of it counts for every request that is under way, too.
 */
export class SoldOut {
  /** Since when; monotonic. */
  readonly #gone = new Map<string, number>()
  #changes = 0

  /** To be read when a request is sent, and given back with its answer. */
  get changes(): number {
    return this.#changes
  }

  has(goodId: string, nowMs: number): boolean {
    const sinceMs = this.#gone.get(goodId)
    if (sinceMs === undefined) return false
    if (nowMs - sinceMs < KEEP_MS) return true
    this.#gone.delete(goodId)
    return false
  }

  /** A request was answered so. @param changes as it was when the request was sent: later word of a good is newer than this */
  note(goodId: string, changes: number, nowMs: number): void {
    if (changes === this.#changes) this.#gone.set(goodId, nowMs)
  }

  /** There may be stock again. */
  changed(goodId: string): void {
    this.#changes++
    this.#gone.delete(goodId)
  }
}
