import { monotonicMs } from './clock.js'

const INTERVAL_MIN_MS = 5_000

/** How long a ping may take until the connection counts as dead. */
export const PING_TIMEOUT_MS = 10_000

/**
 * Asks the server for a sign of life: its own pings are invisible to a page, and a dead network may say nothing for minutes.
 */
export class Heartbeat {
  #timer = 0
  #ping
  #listeners

  /**
   * @param {() => Promise<import('./replies.js').Outcome>} ping
   * @param {{ onRoundTrip: (ms: number) => void, onSilence: () => void }} listeners
   */
  constructor(ping, listeners) {
    this.#ping = ping
    this.#listeners = listeners
  }

  /** @param {number} intervalMs */
  start(intervalMs) {
    this.stop()
    this.#timer = setInterval(() => this.#beat(), Math.max(INTERVAL_MIN_MS, intervalMs))
    void this.#beat()
  }

  stop() {
    clearInterval(this.#timer)
    this.#timer = 0
  }

  async #beat() {
    const timer = this.#timer
    const sentAt = monotonicMs()
    const outcome = await this.#ping()
    // Stopped, or started for another connection meanwhile.
    if (timer !== this.#timer) return
    if (outcome.success) this.#listeners.onRoundTrip(monotonicMs() - sentAt)
    else if (outcome.error.code === 'NO_REPLY') this.#listeners.onSilence()
  }
}
