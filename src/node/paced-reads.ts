import type { Clock } from '../base/clock.ts'
import { delay } from '../base/delay.ts'
import { Refusal } from '../protocol/errors.ts'

interface Waiting {
  readonly answer: Promise<unknown>
  /** Resolves when the read has ended, also if it failed. */
  readonly begin: () => Promise<void>
}

/** Each read is followed by a rest that is this many times as long. So reads take at most a fifth of this process's time. */
const REST_PER_READ = 4
/** The longest rest. A read may have been slow because of the store, and not because it kept this process busy. */
const REST_MS_MAX = 100
/** Timers cannot wait for less, so shorter rests are added up. */
const REST_MS_MIN = 1
const WAITING_MAX = 256
const RETRY_MS = 1_000

/**
 * Limits the cost of reads that anybody may request over HTTP. They run one at a time, with rests between them, and once for all
 * requests that want the same.
 */
export class PacedReads {
  readonly #clock: Pick<Clock, 'nowMs'>
  /** Reads that have not begun, the oldest first. The key says what is to be read. */
  readonly #waiting = new Map<string, Waiting>()
  #isBusy = false
  #restMs = 0

  constructor(clock: Pick<Clock, 'nowMs'>) {
    this.#clock = clock
  }

  /**
   * Resolves to the result of `run`, which is never called before this method.
   * @param what identifies the read: requests with the same `what` share one
   * @throws OVERLOADED if too many reads wait, and what `run` throws
   */
  read<T>(what: string, run: () => Promise<T>): Promise<T> {
    const same = this.#waiting.get(what)
    if (same) return same.answer as Promise<T>
    if (this.#waiting.size >= WAITING_MAX) {
      return Promise.reject(new Refusal('OVERLOADED', 'too many reads are waiting', { retry_after_ms: RETRY_MS }))
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
