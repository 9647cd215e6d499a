import type { Clock } from './clock.ts'

/** What the server may take of the 2 s within which every request is answered, whatever the store does; the store's calls, too. */
export const ANSWER_WITHIN_MS = 1_800

export function msLeft({ nowMs }: Clock, untilMs = nowMs() + ANSWER_WITHIN_MS): number {
  return Math.max(0, untilMs - nowMs())
}

/** How late a sweep may notice a deadline. */
const SWEEP_MS = 50

/** Looks at a queue now and then, as long as there is something in it: one timer for all that waits there. */
export class Sweep {
  readonly #look: () => boolean
  #timer: NodeJS.Timeout | undefined

  /** @param look gives whether it has to be called again */
  constructor(look: () => boolean) {
    this.#look = look
  }

  /** Something came into the queue. */
  wake(): void {
    if (this.#timer) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      if (this.#look()) this.wake()
    }, SWEEP_MS)
  }
}
