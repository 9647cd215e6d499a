import { HEARTBEAT_ANSWER_MS, LOOKS_PER_HEARTBEAT, TIMER_LATE_MS } from './limits.ts'
import { after, nowMs } from './timing.ts'

/**
 * Notices when the server is gone. A browser does not show the server's pings, so after a silence the client asks. It looks at
 * the clock more often than that, so that it asks at once after the machine has slept.
 */
export class Heartbeat {
  readonly #intervalMs: number
  readonly #ask: () => void
  readonly #onDead: () => void
  readonly #lookMs: number
  readonly #timer: ReturnType<typeof setInterval>
  #lookedAtMs = nowMs()
  #heardAtMs = nowMs()
  #cancelAnswer: (() => void) | undefined

  /**
   * @param intervalMs the silence after which the server is asked
   * @param onDead called if no answer came
   */
  constructor(intervalMs: number, ask: () => void, onDead: () => void) {
    this.#intervalMs = intervalMs
    this.#ask = ask
    this.#onDead = onDead
    this.#lookMs = intervalMs / LOOKS_PER_HEARTBEAT
    this.#timer = setInterval(() => this.#look(), this.#lookMs)
  }

  heard(): void {
    this.#heardAtMs = nowMs()
    this.#answered()
  }

  /** Asks now, unless it is already waiting for an answer. */
  ask(): void {
    if (this.#cancelAnswer) return
    const answerMs = Math.min(HEARTBEAT_ANSWER_MS, this.#intervalMs)
    const askedAtMs = nowMs()
    this.#cancelAnswer = after(answerMs, () => {
      this.#cancelAnswer = undefined
      // If the machine was asleep meanwhile, an answer may have come that was not read yet.
      if (isLate(askedAtMs, answerMs)) this.ask()
      else this.#onDead()
    })
    this.#ask()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#answered()
  }

  #look(): void {
    const wasAsleep = isLate(this.#lookedAtMs, this.#lookMs)
    this.#lookedAtMs = nowMs()
    if (wasAsleep || this.#lookedAtMs - this.#heardAtMs >= this.#intervalMs) this.ask()
  }

  #answered(): void {
    this.#cancelAnswer?.()
    this.#cancelAnswer = undefined
  }
}

/** Returns true also if the clock was set back, because then nobody knows how long it was. */
function isLate(sinceMs: number, expectedMs: number): boolean {
  return Math.abs(nowMs() - sinceMs - expectedMs) > TIMER_LATE_MS
}
