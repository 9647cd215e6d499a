import { after, nowMs } from './timing.ts'

export interface HeartbeatOptions {
  /** Silence after which the server is asked. */
  readonly intervalMs: number
  readonly ask: () => void
  /** Nothing came after it was asked. */
  readonly onDead: () => void
}

const ANSWER_MS = 5_000
/** A timer that is later than this means that this process, or the whole machine, stood still. */
const LATE_MS = 1_000
const LOOKS_PER_INTERVAL = 8

/**
 * Whether the server is still there. A browser shows no pings of the server, so silence is answered with a question. The clock
 * is looked at more often than that: after a sleep the question comes at once.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions
  readonly #lookMs: number
  readonly #timer: ReturnType<typeof setInterval>
  #lookedAtMs = nowMs()
  #heardAtMs = nowMs()
  #cancelAnswer: (() => void) | undefined

  constructor(options: HeartbeatOptions) {
    this.#options = options
    this.#lookMs = options.intervalMs / LOOKS_PER_INTERVAL
    this.#timer = setInterval(() => this.#look(), this.#lookMs)
  }

  heard(): void {
    this.#heardAtMs = nowMs()
    this.#answered()
  }

  /** Asks now, unless an answer is waited for already. */
  ask(): void {
    if (this.#cancelAnswer) return
    const answerMs = Math.min(ANSWER_MS, this.#options.intervalMs)
    const askedAtMs = nowMs()
    this.#cancelAnswer = after(answerMs, () => {
      this.#cancelAnswer = undefined
      // Who was asleep meanwhile has not read what came.
      if (isLate(askedAtMs, answerMs)) this.ask()
      else this.#options.onDead()
    })
    this.#options.ask()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#answered()
  }

  #look(): void {
    const wasAsleep = isLate(this.#lookedAtMs, this.#lookMs)
    this.#lookedAtMs = nowMs()
    if (wasAsleep || this.#lookedAtMs - this.#heardAtMs >= this.#options.intervalMs) this.ask()
  }

  #answered(): void {
    this.#cancelAnswer?.()
    this.#cancelAnswer = undefined
  }
}

/** Also where the clock was set back: then nothing is known of how long it was. */
function isLate(sinceMs: number, expectedMs: number): boolean {
  return Math.abs(nowMs() - sinceMs - expectedMs) > LATE_MS
}
