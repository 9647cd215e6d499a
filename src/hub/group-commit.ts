import { ANSWER_WITHIN_MS, Sweep } from '../base/deadline.ts'
import { delay, nextTurn } from '../base/delay.ts'
import { endingWith, endShared, startShared, type Span } from '../base/trace.ts'
import { Refusal } from '../protocol/errors.ts'
import { recordBytes } from '../store/log-codec.ts'
import { notAnswered, notBegun, storeRefusal } from '../store/store-refusal.ts'
import type { LogRecord, Store } from '../store/store.ts'

export interface Append {
  readonly record: LogRecord
  /** A record to put in the same transaction; makes it durable. */
  readonly put?: Put
  /** The same, and it must not be there yet: where it is, nothing is done, and the answer is CONFLICT. */
  readonly once?: Put
  /** What the append is a step of. */
  readonly span?: Span | undefined
  /** When it has to be answered, by `nowMs`; ANSWER_WITHIN_MS from now by default. */
  readonly untilMs?: number | undefined
}

export interface Put {
  readonly key: string
  readonly value: Uint8Array
}

interface Waiting {
  readonly append: Append
  readonly done: (result: number | Refusal) => void
  /** From its coming to its answer. */
  readonly span: Span | undefined
  readonly untilMs: number
  /** It was told that it is late: what becomes of it is told to nobody. */
  isAnswered: boolean
}

export interface GroupCommitOptions {
  readonly store: Store
  /** Appends that may wait while a commit is under way. */
  readonly queueMax: number
  readonly batchMax: number
  /** What comes sooner after the last commit waits for so long, to share the next: where a commit costs much. */
  readonly intervalMs: number
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
  /** On its way into the store. */
  #sent: readonly Waiting[] = []
  readonly #sweep = new Sweep(() => this.#answerLate())
  #running: Promise<void> | undefined
  /** The last commit; monotonic. */
  #startedMs = -Infinity

  constructor(options: GroupCommitOptions) {
    this.#options = options
  }

  get queueLength(): number {
    return this.#waiting.length
  }

  /**
   * `done` gets the event's offset once it outlives this process, or a refusal: OVERLOADED, UNAVAILABLE, OUTCOME_UNKNOWN, CONFLICT.
   * At the deadline it gets UNAVAILABLE if the append still waits, which is taken out then, and OUTCOME_UNKNOWN if it was sent.
   */
  append(append: Append, done: (result: number | Refusal) => void): void {
    if (this.#waiting.length >= this.#options.queueMax) {
      done(new Refusal('OVERLOADED', 'the log has too much to do', { retry_after_ms: 100 }))
      return
    }
    const span = append.span?.child('group commit')
    const untilMs = append.untilMs ?? this.#options.nowMs() + ANSWER_WITHIN_MS
    const answer = span === undefined ? done : endingWith(span, done)
    this.#waiting.push({ append, done: answer, span, untilMs, isAnswered: false })
    this.#running ??= this.#run()
    this.#sweep.wake()
  }

  /** Resolves when nothing is waiting or under way. */
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

  /** Nothing of the batch was done: those whose record is there already are told so, the others go again, before what came later. */
  #withoutTaken(batch: readonly Waiting[], taken: ReadonlySet<string>): void {
    const isTaken = ({ append: { once } }: Waiting) => once !== undefined && taken.has(once.key)
    this.#waiting.unshift(...batch.filter((waiting) => !isTaken(waiting) && !waiting.isAnswered))
    for (const waiting of batch.filter(isTaken)) answer(waiting, new Refusal('CONFLICT', 'this was done before'))
  }

  /** Gives whether there may be more of it. */
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

  /** Until everything that is readable now has been read, and the interval since the last commit is over. */
  async #gather(): Promise<void> {
    const { nowMs, intervalMs, batchMax } = this.#options
    const waitMs = this.#startedMs + intervalMs - nowMs()
    if (waitMs > 0 && this.#waiting.length < batchMax) await delay(waitMs)
    else await nextTurn()
    this.#startedMs = nowMs()
  }

  /** How many of those that wait go into one transaction: one at least. */
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
      // The second of two with one key is to find what the first has left.
      const isSecond = append.once !== undefined && keys.has(append.once.key)
      if (append.once) keys.add(append.once.key)
      return i > 0 && (i >= batchMax || bytes > bytesMax || puts > operationsMax || isSecond)
    })
    return end === -1 ? this.#waiting.length : end
  }

  /** The offset of the first record, or why there is none; keys: the records that are there already. */
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
