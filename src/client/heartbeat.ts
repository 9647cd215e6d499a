import { HEARTBEAT_ANSWER_MS, LOOKS_PER_HEARTBEAT, TIMER_LATE_MS } from './limits.ts'
import { after, nowMs } from './timing.ts'

/**
 * Whether the server is still there. A browser shows no pings of the server, so silence is answered with a question. The clock
 * is looked at more often than that: after a sleep the question comes at once.
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
   * @param intervalMs silence after which the server is asked
   * @param onDead nothing came after it was asked
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

  /** Asks now, unless an answer is waited for already. */
  ask(): void {
    if (this.#cancelAnswer) return
    const answerMs = Math.min(HEARTBEAT_ANSWER_MS, this.#intervalMs)
    const askedAtMs = nowMs()
    this.#cancelAnswer = after(answerMs, () => {
      this.#cancelAnswer = undefined
      // Who was asleep meanwhile has not read what came.
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

/** Also where the clock was set back: then nothing is known of how long it was. */
function isLate(sinceMs: number, expectedMs: number): boolean {
  return Math.abs(nowMs() - sinceMs - expectedMs) > TIMER_LATE_MS
}
