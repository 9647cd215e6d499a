import { monotonicMs } from './clock.ts'
import { errorOf } from './http.ts'
import { Scrape } from './metrics.ts'
import { describe, failure, type Failure } from './outcome.ts'
import type { Look } from './readings.ts'
import { serverUrl } from './server-url.ts'

/** Called with null, and with the reason, if the metrics are not known. */
export type Listener = (look: Look | null, trouble: string) => void

/** Slightly less than a second, so that there are sixty reads a minute even if timers are late. */
const PERIOD_MS = 970
const TIMEOUT_MS = 5_000
/** A read is compared with the previous one only if that is not older than this. */
const BEFORE_MS_MAX = 4 * PERIOD_MS

/** Reads the metrics of the server once a second, while the page is visible, and parses them once for all views. */
export class Vitals {
  readonly #listeners: Listener[] = []
  #isAsking = false
  #isPaused = false
  #waitUntil = 0
  #before: Scrape | null = null

  /** The newest read. Null if there is none, or if it is outdated. */
  latest: Scrape | null = null

  start() {
    setInterval(() => void this.#tick(), PERIOD_MS)
    document.addEventListener('visibilitychange', () => void this.#tick())
    void this.#tick()
  }

  listen(listener: Listener) {
    this.#listeners.push(listener)
  }

  pause(isPaused: boolean) {
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
    if (this.latest === null) return this.#tell(null, outcome instanceof Scrape ? '' : describe(outcome, ''))
    const isRecent = this.#before !== null && this.latest.atMs - this.#before.atMs < BEFORE_MS_MAX
    this.#tell({ now: this.latest, before: isRecent ? this.#before : null }, '')
  }

  async #ask(): Promise<Scrape | { success: false; error: Failure }> {
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
      return failure('NO_ANSWER', 'the server does not answer; trying again every second')
    }
  }

  #tell(look: Look | null, trouble: string) {
    for (const listener of this.#listeners) listener(look, trouble)
  }
}
