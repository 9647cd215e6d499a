/** How long a good counts as sold out before the store is asked again, in case the news of new stock was lost. */
const KEEP_MS = 1_000

/**
 * Goods that are sold out, as far as a worker knows. A client that wants one is refused without a trip to the store. The log
 * announces when there may be stock again, and that also overrules the answers to requests that are under way.
 */
export class SoldOut {
  /** When each was noted, monotonic. */
  readonly #gone = new Map<string, number>()
  #changes = 0

  /** Read this when a request is sent, and pass it to `note` with the answer. */
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

  /**
   * Notes that a request was answered with no stock left.
   * @param changes its value when the request was sent; if it has changed, there is newer news than this answer
   */
  note(goodId: string, changes: number, nowMs: number): void {
    if (changes === this.#changes) this.#gone.set(goodId, nowMs)
  }

  /** Takes the news that there may be stock again. */
  changed(goodId: string): void {
    this.#changes++
    this.#gone.delete(goodId)
  }
}
