import { ANSWER_WITHIN_MS, Sweep } from '../base/deadline.ts'
import { delay, nextTurn } from '../base/delay.ts'
import { endingWith, endShared, startShared, type Span } from '../base/trace.ts'
import { Refusal } from '../protocol/errors.ts'
import { recordBytes } from '../store/log-codec.ts'
import { notAnswered, notBegun, storeRefusal } from '../store/store-refusal.ts'
import type { LogRecord, Store } from '../store/store.ts'

export interface Append {
  readonly record: LogRecord
  /** A record to put in the same transaction. It makes the transaction durable. */
  readonly put?: Put
  /** Like `put`, but the record must not exist yet. If it does, nothing is done, and the answer is CONFLICT. */
  readonly once?: Put
  /** The span of the request that the append belongs to. */
  readonly span?: Span | undefined
  /** When the append must be answered, by `nowMs`. By default in ANSWER_WITHIN_MS. */
  readonly untilMs?: number | undefined
}

export interface Put {
  readonly key: string
  readonly value: Uint8Array
}

interface Waiting {
  readonly append: Append
  readonly done: (result: number | Refusal) => void
  /** Lasts from the append to its answer. */
  readonly span: Span | undefined
  readonly untilMs: number
  /** Whether it was answered, possibly because its deadline passed. Later results are dropped. */
  isAnswered: boolean
}

export interface GroupCommitOptions {
  readonly store: Store
  /** How many appends may wait while a commit is under way. */
  readonly queueMax: number
  readonly batchMax: number
  /**
   * The least time between two commits, for stores whose commits are expensive. An append that comes sooner waits and shares the
   * next commit.
   */
  readonly intervalMs: number
  readonly onCommit: (records: number, durationMs: number) => void
  readonly nowMs: () => number
}

/**
 * Appends of the same moment become one commit. Only one commit is under way at a time, and appends that come meanwhile become
 * the next one. So a lone event is committed at once, and a flood in large batches, without a timer.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions
  #waiting: Waiting[] = []
  /** The batch that is being committed. */
  #sent: readonly Waiting[] = []
  readonly #sweep = new Sweep(() => this.#answerLate())
  #running: Promise<void> | undefined
  /** When the last commit began. Monotonic. */
  #startedMs = -Infinity

  constructor(options: GroupCommitOptions) {
    this.#options = options
  }

  get queueLength(): number {
    return this.#waiting.length
  }

  /**
   * Calls `done` with the offset of the event once it is safe from the death of this process, or with a refusal: OVERLOADED,
   * UNAVAILABLE, OUTCOME_UNKNOWN, CONFLICT. If the deadline passes, an append that still waits is dropped and gets UNAVAILABLE.
   * One that was sent to the store gets OUTCOME_UNKNOWN.
   */
  append(append: Append, done: (result: number | Refusal) => void): void {
    if (this.#waiting.length >= this.#options.queueMax) {
      done(new Refusal('OVERLOADED', 'too many events wait for the log', { retry_after_ms: 100 }))
      return
    }
    const span = append.span?.child('group commit')
    const untilMs = append.untilMs ?? this.#options.nowMs() + ANSWER_WITHIN_MS
    const answer = span === undefined ? done : endingWith(span, done)
    this.#waiting.push({ append, done: answer, span, untilMs, isAnswered: false })
    this.#running ??= this.#run()
    this.#sweep.wake()
  }

  /** Resolves when nothing waits or is under way. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#gather()
      this.#takeOutLate()
      const batch = this.#waiting.splice(0, this.#fitting())
      if (batch.length === 0) continue
      this.#sent = batch
      const step = startShared(batch, 'store commit')
      const outcome = await this.#commit(batch)
      this.#sent = []
      endShared(step, batch, errorOf(outcome))
      if (outcome instanceof Set) this.#withoutTaken(batch, outcome)
      else batch.forEach((waiting, i) => answer(waiting, typeof outcome === 'number' ? outcome + i : outcome))
    }
    this.#running = undefined
  }

  /**
   * Nothing of the batch was done. Appends whose `once` record exists already get CONFLICT. The others are tried again, before
   * any that came later.
   */
  #withoutTaken(batch: readonly Waiting[], taken: ReadonlySet<string>): void {
    const isTaken = ({ append: { once } }: Waiting) => once !== undefined && taken.has(once.key)
    this.#waiting.unshift(...batch.filter((waiting) => !isTaken(waiting) && !waiting.isAnswered))
    for (const waiting of batch.filter(isTaken))
      answer(waiting, new Refusal('CONFLICT', 'this request was done before'))
  }

  /** Returns whether it must be called again. */
  #answerLate(): boolean {
    this.#takeOutLate()
    const nowMs = this.#options.nowMs()
    for (const waiting of this.#sent) if (waiting.untilMs <= nowMs) answer(waiting, notAnswered())
    return this.#running !== undefined
  }

  #takeOutLate(): void {
    const nowMs = this.#options.nowMs()
    const late = this.#waiting.filter(({ untilMs }) => untilMs <= nowMs)
    if (late.length === 0) return
    this.#waiting = this.#waiting.filter(({ untilMs }) => untilMs > nowMs)
    for (const waiting of late) answer(waiting, notBegun())
  }

  /** Waits until everything that is readable now has been read, and until the interval since the last commit is over. */
  async #gather(): Promise<void> {
    const { nowMs, intervalMs, batchMax } = this.#options
    const waitMs = this.#startedMs + intervalMs - nowMs()
    if (waitMs > 0 && this.#waiting.length < batchMax) await delay(waitMs)
    else await nextTurn()
    this.#startedMs = nowMs()
  }

  /** How many of the waiting appends fit into one transaction. At least one. */
  #fitting(): number {
    const { batchMax, store } = this.#options
    const { operationsMax, bytesMax } = store.limits
    let bytes = 0
    let puts = 0
    const keys = new Set<string>()
    const end = this.#waiting.findIndex(({ append }, i) => {
      bytes += recordBytes(append.record)
      for (const { key, value } of putsOf(append)) {
        bytes += key.length + value.length
        puts++
      }
      // If two appends have the same `once` key, the second one must see what the first one wrote.
      const isSecond = append.once !== undefined && keys.has(append.once.key)
      if (append.once) keys.add(append.once.key)
      return i > 0 && (i >= batchMax || bytes > bytesMax || puts > operationsMax || isSecond)
    })
    return end === -1 ? this.#waiting.length : end
  }

  /** Returns the offset of the first record, or a refusal, or the keys of `once` records that exist already. */
  async #commit(batch: readonly Waiting[]): Promise<number | Refusal | Set<string>> {
    const puts = batch.flatMap(({ append }) => putsOf(append))
    const guards = batch.flatMap(({ append: { once } }) => (once ? [{ key: once.key, revision: 0 }] : []))
    try {
      const log = batch.map(({ append }) => append.record)
      const transaction = { log, guards, puts: lastOfEachKey(puts), durable: puts.length > 0 }
      const result = await this.#options.store.commit(transaction)
      if (!result.committed) return new Set(result.conflicts)
      this.#options.onCommit(log.length, this.#options.nowMs() - this.#startedMs)
      return result.offset
    } catch (cause) {
      return storeRefusal(cause)
    }
  }
}

function answer(waiting: Waiting, result: number | Refusal): void {
  if (waiting.isAnswered) return
  waiting.isAnswered = true
  waiting.done(result)
}

function errorOf(outcome: number | Refusal | Set<string>): string | undefined {
  if (outcome instanceof Set) return 'CONFLICT'
  return outcome instanceof Refusal ? outcome.code : undefined
}

function putsOf({ put, once }: Append): readonly Put[] {
  return [put, once].filter((one) => one !== undefined)
}

function lastOfEachKey(puts: readonly Put[]): readonly Put[] {
  return [...new Map(puts.map((put) => [put.key, put])).values()]
}
