import { monotonicMs } from './clock.js'
import { errorOf } from './http.js'
import { Scrape } from './metrics.js'
import { describe } from './outcome.js'
import { failure } from './replies.js'
import { serverUrl } from './server-url.js'

/**
 * @typedef {import('./readings.js').Look} Look
 * @typedef {(look: Look | null, trouble: string) => void} Listener null: the numbers are not known, and why
 */

/** A little below a second: sixty a minute, with some to spare for timers that are late. */
const PERIOD_MS = 970
const TIMEOUT_MS = 5_000
/** What is older is not what was right before. */
const BEFORE_MS_MAX = 4 * PERIOD_MS

/** The server's numbers: asked for once a second and parsed once, while somebody can see them. */
export class Vitals {
  #listeners = /** @type {Listener[]} */ ([])
  #isAsking = false
  #isPaused = false
  #waitUntil = 0
  #before = /** @type {Scrape | null} */ (null)

  /** The newest look; null: there is none, or not any more. */
  latest = /** @type {Scrape | null} */ (null)

  start() {
    setInterval(() => void this.#tick(), PERIOD_MS)
    document.addEventListener('visibilitychange', () => void this.#tick())
    void this.#tick()
  }

  /** @param {Listener} listener */
  listen(listener) {
    this.#listeners.push(listener)
  }

  /** @param {boolean} isPaused */
  pause(isPaused) {
    this.#isPaused = isPaused
    void this.#tick()
  }

  async #tick() {
    if (this.#isAsking || this.#isPaused || document.hidden || monotonicMs() < this.#waitUntil) return
    this.#isAsking = true
    const outcome = await this.#ask()
    this.#isAsking = false
    if (this.#isPaused) return
    this.#before = this.latest
    this.latest = outcome instanceof Scrape ? outcome : null
    if (this.latest === null) return this.#tell(null, describe(/** @type {any} */ (outcome), ''))
    const isRecent = this.#before !== null && this.latest.atMs - this.#before.atMs < BEFORE_MS_MAX
    this.#tell({ now: this.latest, before: isRecent ? this.#before : null }, '')
  }

  /** @returns {Promise<Scrape | import('./replies.js').Outcome>} */
  async #ask() {
    try {
      const response = await fetch(serverUrl('/metrics'), {
        cache: 'no-store',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      if (response.ok) return new Scrape(await response.text(), monotonicMs())
      const error = await errorOf(response)
      this.#waitUntil = monotonicMs() + Number(error.details?.['retry_after_ms'] ?? 0)
      return { success: false, error }
    } catch {
      return failure('NO_ANSWER', 'the server does not answer; asked again every second')
    }
  }

  /**
   * @param {Look | null} look
   * @param {string} trouble
   */
  #tell(look, trouble) {
    for (const listener of this.#listeners) listener(look, trouble)
  }
}
