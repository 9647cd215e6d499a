import { Refusal } from '../protocol/errors.ts'
import { storeRefusal } from '../store/store-refusal.ts'
import type { LogRecord, Store } from '../store/store.ts'

export interface Append {
  readonly record: LogRecord
  /** A record to put in the same transaction; makes it durable. */
  readonly put?: { readonly key: string; readonly value: Uint8Array }
}

interface Waiting {
  readonly append: Append
  readonly done: (result: number | Refusal) => void
}

export interface GroupCommitOptions {
  readonly store: Store
  /** Appends that may wait while a commit is under way. */
  readonly queueMax: number
  readonly batchMax: number
  readonly onCommit: (records: number, durationMs: number) => void
  readonly nowMs: () => number
}

/**
 * What comes in the same moment becomes one commit; one commit at a time is under way, and what comes meanwhile is the
 * next. A lone event goes at once, a flood goes in large batches, with no timer in between.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions
  #waiting: Waiting[] = []
  #running = false

  constructor(options: GroupCommitOptions) {
    this.#options = options
  }

  get queueLength(): number {
    return this.#waiting.length
  }

  /** `done` gets the event's offset once it outlives this process, or a refusal: OVERLOADED, UNAVAILABLE, OUTCOME_UNKNOWN. */
  append(append: Append, done: (result: number | Refusal) => void): void {
    if (this.#waiting.length >= this.#options.queueMax) {
      done(new Refusal('OVERLOADED', 'the log has too much to do', { retry_after_ms: 100 }))
      return
    }
    this.#waiting.push({ append, done })
    if (this.#running) return
    this.#running = true
    // After everything that is readable now has been read.
    setImmediate(() => void this.#run())
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#options.batchMax)
      const outcome = await this.#commit(batch)
      batch.forEach(({ done }, i) => done(typeof outcome === 'number' ? outcome + i : outcome))
    }
    this.#running = false
  }

  /** The offset of the first record, or why there is none. */
  async #commit(batch: readonly Waiting[]): Promise<number | Refusal> {
    const startedMs = this.#options.nowMs()
    const puts = batch.flatMap(({ append }) => (append.put ? [append.put] : []))
    try {
      const log = batch.map(({ append }) => append.record)
      const result = await this.#options.store.commit({ log, puts: lastOfEachKey(puts), durable: puts.length > 0 })
      this.#options.onCommit(log.length, this.#options.nowMs() - startedMs)
      return result.committed ? result.offset : new Refusal('INTERNAL', 'a commit without guards was refused')
    } catch (cause) {
      return storeRefusal(cause)
    }
  }
}

type Put = NonNullable<Append['put']>

function lastOfEachKey(puts: readonly Put[]): readonly Put[] {
  return [...new Map(puts.map((put) => [put.key, put])).values()]
}
