/**
 * Reads again and again while its view is shown and somebody can see the page. A server that is gone is asked on, one that has had
 * enough is asked when it said.
 */
export class Refresher {
  #everyMs
  #read
  #isShown = false
  #timer = 0
  /** Only the newest run goes on: one that still waits for an answer when the view comes back ends with it. */
  #run = 0

  /**
   * @param {number} everyMs
   * @param {(isCurrent: () => boolean) => Promise<import('./replies.js').Outcome | null>} read isCurrent: whether what was read is
   *   still wanted; gives null where there was nothing to ask for
   */
  constructor(everyMs, read) {
    this.#everyMs = everyMs
    this.#read = read
    document.addEventListener('visibilitychange', () => this.now())
  }

  show() {
    this.#isShown = true
    this.now()
  }

  hide() {
    this.#isShown = false
    this.now()
  }

  /** At once, and from then on as before. */
  now() {
    clearTimeout(this.#timer)
    const run = ++this.#run
    if (this.#isShown && !document.hidden) void this.#go(run)
  }

  /** @param {number} run */
  async #go(run) {
    const outcome = await this.#read(() => run === this.#run)
    if (run !== this.#run) return
    const askedToWaitMs = outcome?.success === false ? Number(outcome.error.details?.['retry_after_ms'] ?? 0) : 0
    this.#timer = setTimeout(() => void this.#go(run), Math.max(this.#everyMs, askedToWaitMs))
  }
}
