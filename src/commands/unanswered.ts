import type { Clock } from '../base/clock.ts'
import { Sweep } from '../base/deadline.ts'
import { Refusal } from '../protocol/errors.ts'

/** The primary answers sooner, or says why it cannot, unless it is stopped. */
const ANSWER_MS_MAX = 5_000
/** A stopped primary may go on at any time. */
const RETRY_MS = 1_000

interface Waiting {
  readonly cameAtMs: number
  /** While the connection is sent what it missed, its requests wait for its own client. */
  readonly connection: { readonly turns: { readonly isReplaying: boolean; readonly replayedAtMs: number } }
}

/** Requests that wait for the primary, or for another request that does. None of them waits forever. */
export class Unanswered<Item extends Waiting> {
  readonly #clock: Pick<Clock, 'nowMs'>
  readonly #onLate: (item: Item) => void
  /** The oldest first. */
  readonly #items = new Set<Item>()
  readonly #sweep = new Sweep(() => this.#look())

  /** @param onLate called for an item that has waited too long, after it was removed */
  constructor(clock: Pick<Clock, 'nowMs'>, onLate: (item: Item) => void) {
    this.#clock = clock
    this.#onLate = onLate
  }

  add(item: Item): void {
    this.#items.add(item)
    this.#sweep.wake()
  }

  delete(item: Item): void {
    this.#items.delete(item)
  }

  #look(): boolean {
    const nowMs = this.#clock.nowMs()
    for (const item of this.#items) {
      if (nowMs - item.cameAtMs < ANSWER_MS_MAX) break
      const { isReplaying, replayedAtMs } = item.connection.turns
      if (isReplaying || nowMs - replayedAtMs < ANSWER_MS_MAX) continue
      this.#items.delete(item)
      this.#onLate(item)
    }
    return this.#items.size > 0
  }
}

/** @param isDone whether the request is carried out if the primary goes on */
export function lateRefusal(isDone: boolean): Refusal {
  if (isDone) return new Refusal('OUTCOME_UNKNOWN', 'the server does not answer; it may have been done')
  return new Refusal('UNAVAILABLE', 'the server does not answer; nothing was done', { retry_after_ms: RETRY_MS })
}
