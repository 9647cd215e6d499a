import type { Clock } from './clock.ts'

/**
 * Every request is answered within 2 s, whatever the store does. The server, including its calls of the store, may use this much
 * of it.
 */
export const ANSWER_WITHIN_MS = 1_800

export function msLeft({ nowMs }: Clock, untilMs = nowMs() + ANSWER_WITHIN_MS): number {
  return Math.max(0, untilMs - nowMs())
}

/** How late a sweep may notice that a deadline has passed. */
const SWEEP_MS = 50

/** Calls `look` at intervals for as long as a queue is not empty, so that one timer serves everything that waits in the queue. */
export class Sweep {
  readonly #look: () => boolean
  #timer: NodeJS.Timeout | undefined

  /** @param look returns whether it has to be called again */
  constructor(look: () => boolean) {
    this.#look = look
  }

  /** Call this when something was put into the queue. */
  wake(): void {
    if (this.#timer) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      if (this.#look()) this.wake()
    }, SWEEP_MS)
  }
}
