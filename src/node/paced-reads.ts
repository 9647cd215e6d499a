import type { Clock } from '../base/clock.ts'
import { delay } from '../base/delay.ts'
import { Refusal } from '../protocol/errors.ts'

interface Waiting {
  readonly answer: Promise<unknown>
  /** Resolves when it has been read, or has failed. */
  readonly begin: () => Promise<void>
}

/** After a read there is a rest of so many times as long: all of them take a fifth of this process's time at most. */
const REST_PER_READ = 4
/** A read that waits for the store, and not for this process, holds up the next one no longer than this. */
const REST_MS_MAX = 100
/** Less cannot be waited for: it is added up. */
const REST_MS_MIN = 1
const WAITING_MAX = 256
const RETRY_MS = 1_000

/** Reads that anybody may ask for over HTTP, as often as they want: one at a time, with rests, and once for all who want the same. */
export class PacedReads {
  readonly #clock: Pick<Clock, 'nowMs'>
  /** What was not begun yet, the oldest first, by what is to be read. */
  readonly #waiting = new Map<string, Waiting>()
  #isBusy = false
  #restMs = 0

  constructor(clock: Pick<Clock, 'nowMs'>) {
    this.#clock = clock
  }

  /**
   * Gives what `run` gives, and never what was read before this was called.
   * @param what the same for the same reading
   * @throws OVERLOADED; what `run` throws
   */
  read<T>(what: string, run: () => Promise<T>): Promise<T> {
    const same = this.#waiting.get(what)
    if (same) return same.answer as Promise<T>
    if (this.#waiting.size >= WAITING_MAX) {
      return Promise.reject(new Refusal('OVERLOADED', 'too many wait to read', { retry_after_ms: RETRY_MS }))
    }
    const { promise: answer, resolve, reject } = Promise.withResolvers<T>()
    const begin = async () => {
      try {
        resolve(await run())
      } catch (thrown) {
        reject(thrown)
      }
    }
    this.#waiting.set(what, { answer, begin })
    if (!this.#isBusy) void this.#work()
    return answer
  }

  async #work(): Promise<void> {
    this.#isBusy = true
    for (let next = this.#take(); next; next = this.#take()) {
      const beganMs = this.#clock.nowMs()
      await next.begin()
      this.#restMs += Math.min((this.#clock.nowMs() - beganMs) * REST_PER_READ, REST_MS_MAX)
      if (this.#restMs < REST_MS_MIN) continue
      await delay(this.#restMs)
      this.#restMs = 0
    }
    this.#isBusy = false
  }

  #take(): Waiting | undefined {
    const [first] = this.#waiting
    if (!first) return undefined
    this.#waiting.delete(first[0])
    return first[1]
  }
}
