import { toError } from '../base/assert.ts'
import type { Clock } from '../base/clock.ts'
import { ANSWER_WITHIN_MS, Sweep } from '../base/deadline.ts'
import { delay, nextTurn } from '../base/delay.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import { endShared, startShared, type Span } from '../base/trace.ts'
import { Refusal } from '../protocol/errors.ts'
import { notAnswered, notBegun, storeRefusal } from '../store/store-refusal.ts'
import { OutcomeUnknown, type CommitResult, type Guard, type Store } from '../store/store.ts'
import type { PlanPool } from './plan-pool.ts'
import type { Plan } from './plan.ts'
import { RecordCache, type CachedRecord } from './record-cache.ts'
import { bytesOf, keysOf, type LedgerRequest, type Outcome } from './requests.ts'

export interface LedgerOptions {
  readonly store: Store
  readonly pool: PlanPool
  /** Its wall clock dates the entries: see `createSteadyClock`. */
  readonly clock: Clock
  /** The date of the ledger's newest entry, in Unix milliseconds. No new entry gets an earlier date. */
  readonly newestMs: number
  readonly random: Random
  readonly log: Log
  /** How many requests may wait. Further ones get OVERLOADED. */
  readonly queueMax: number
  readonly onBatch: (batch: BatchReport) => void
  /** Called when a batch is tried again: other writers changed the records that it was planned on, or its thread failed. */
  readonly onRetry: (why: 'conflict' | 'thread') => void
}

export interface BatchReport {
  readonly requests: number
  readonly planMs: number
  readonly commitMs: number
}

interface Waiting {
  /** Its place in the order of arrival. */
  readonly sequence: number
  readonly request: LedgerRequest
  readonly keys: readonly string[]
  readonly done: (outcome: Outcome | Refusal) => void
  /** How many times it lost to other writers of the same records. */
  conflicts: number
  /** How many threads died or hung while they planned it. */
  failures: number
  readonly span: Span | undefined
  /** The span of its time in the queue. */
  wait: Span | undefined
  readonly untilMs: number
  /** Whether it may be in the store already, or may still get there. */
  isSent: boolean
  /** Whether it was answered. Later results are dropped. */
  isAnswered: boolean
}

interface Planned {
  readonly batch: readonly Waiting[]
  /** The records on which it was planned. */
  readonly records: ReadonlyMap<string, CachedRecord | 'put by the batch before'>
  readonly plan: Plan
  readonly planMs: number
}

/** A batch that is being committed. */
interface UnderWay {
  readonly puts: ReadonlyMap<string, Uint8Array>
  /** The revision of its puts. Undefined if it was not committed: then a plan that builds on it cannot be, either. */
  readonly done: Promise<number | undefined>
}

/** More requests than this in a batch are not worth waiting for. */
const BATCH_MAX = 128
const CACHE_BYTES = 64 * 1024 * 1024
const CONFLICTS_MAX = 20
const FAILURES_MAX = 3
/**
 * After a conflict it waits for a random time (full jitter), up to a bound that grows with each conflict, so that other writers
 * get through, too.
 */
const RETRY_MS_MIN = 2
const RETRY_MS_MAX = 100

/**
 * Carries out purchases, credits and refunds in batches. While a batch is being committed, the next one is planned on top of it,
 * and it is committed only if the first one was. Requests are answered only once their commit is durable. All records that a
 * batch was decided on, even those of refused requests, are guarded by the revisions that were read, from the store or from the
 * cache.
 */
export class Ledger {
  readonly #options: LedgerOptions
  readonly #cache = new RecordCache(CACHE_BYTES)
  /** In the order of arrival. */
  #waiting: Waiting[] = []
  /** All requests without an answer, in the queue and in batches. */
  readonly #open = new Set<Waiting>()
  readonly #sweep = new Sweep(() => this.#answerLate())
  #nextSequence = 0
  #newestMs: number
  #running: Promise<void> | undefined

  constructor(options: LedgerOptions) {
    this.#options = options
    this.#newestMs = options.newestMs
  }

  get queueLength(): number {
    return this.#waiting.length
  }

  /**
   * A request whose deadline passes before it was sent to the store is not done, and gets UNAVAILABLE. If it was sent, it gets
   * OUTCOME_UNKNOWN.
   * @param span the span of the request
   * @param untilMs the deadline; by default in ANSWER_WITHIN_MS
   */
  submit(
    request: LedgerRequest,
    done: (outcome: Outcome | Refusal) => void,
    span?: Span,
    untilMs = this.#options.clock.nowMs() + ANSWER_WITHIN_MS,
  ): void {
    if (this.#waiting.length >= this.#options.queueMax) {
      done(new Refusal('OVERLOADED', 'too many purchases are waiting', { retry_after_ms: 500 }))
      return
    }
    const sequence = this.#nextSequence++
    const wait = span?.child('ledger wait')
    const counts = { conflicts: 0, failures: 0, isSent: false, isAnswered: false }
    const waiting: Waiting = { sequence, request, keys: keysOf(request), done, span, wait, untilMs, ...counts }
    this.#waiting.push(waiting)
    this.#open.add(waiting)
    this.#running ??= this.#run()
    this.#sweep.wake()
  }

  /** Empties the cache. The records are read again when they are needed. */
  forgetRecords(): void {
    this.#cache.clear()
  }

  /** Resolves when nothing waits or is under way. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running
  }

  async #run(): Promise<void> {
    await nextTurn()
    let before: UnderWay | undefined
    while (before || this.#waiting.length > 0) {
      const planned = await this.#planNext(before)
      const revision = before ? await before.done : 0
      before = undefined
      if (!planned) continue
      // Requests whose deadline passed were answered and must not be done, so the others are planned again without them.
      if (revision === undefined || planned.batch.some(isAnswered)) this.#putBack(planned.batch)
      else before = this.#commit(planned, revision)
    }
    this.#running = undefined
  }

  /** Returns undefined if there is nothing to commit. */
  async #planNext(before: UnderWay | undefined): Promise<Planned | undefined> {
    const taken = this.#take()
    if (taken.length === 0) return undefined
    try {
      const read = await this.#read(taken, before)
      const batch = this.#fitting(taken, read, before)
      const records = batch === taken ? read : onlyOf(batch, read)
      const startedMs = this.#options.clock.nowMs()
      const plan = await this.#plan(batch, records, before)
      const planMs = this.#options.clock.nowMs() - startedMs
      return plan && { batch, records, plan, planMs }
    } catch (cause) {
      this.#answerAll(taken, storeRefusal(cause))
      return undefined
    }
  }

  /**
   * Takes as many requests from the front of the queue as a transaction can hold, by the keys that they read and write. A request
   * over which a thread has failed goes alone, because it may be one that no thread can plan.
   */
  #take(): readonly Waiting[] {
    this.#answerLate()
    // One operation is needed for the record of the ledger's entries.
    const keysMax = this.#options.store.limits.operationsMax - 1
    const keys = new Set<string>()
    const end = this.#waiting.findIndex((waiting, i) => {
      for (const key of waiting.keys) keys.add(key)
      const isSuspect = waiting.failures > 0 || (this.#waiting[0]?.failures ?? 0) > 0
      return i >= BATCH_MAX || (i > 0 && (keys.size > keysMax || isSuspect))
    })
    const taken = this.#waiting.splice(0, end === -1 ? this.#waiting.length : end)
    taken.forEach(endWait)
    return taken
  }

  async #read(batch: readonly Waiting[], before: UnderWay | undefined): Promise<Planned['records']> {
    const records = new Map<string, CachedRecord | 'put by the batch before'>()
    const missing: string[] = []
    for (const key of new Set(batch.flatMap(({ keys }) => keys))) {
      const cached = this.#cache.get(key)
      if (before?.puts.has(key)) records.set(key, 'put by the batch before')
      else if (cached) records.set(key, cached)
      else missing.push(key)
    }
    const stored = missing.length === 0 ? [] : await this.#options.store.get(missing)
    missing.forEach((key, i) => {
      const record = { value: stored[i]?.value ?? null, revision: stored[i]?.revision ?? 0 }
      this.#cache.set(key, record)
      records.set(key, record)
    })
    return records
  }

  /** Keeps as many requests of the batch as the bytes of a transaction allow. The others go back to the queue. */
  #fitting(batch: readonly Waiting[], records: Planned['records'], before: UnderWay | undefined): readonly Waiting[] {
    let bytes = 0
    const counted = new Set<string>()
    const end = batch.findIndex(({ keys, request }, i) => {
      bytes += bytesOf(request)
      for (const key of keys) {
        if (counted.has(key)) continue
        counted.add(key)
        bytes += key.length + (valueOf(key, records, before)?.length ?? 0)
      }
      return i > 0 && bytes > this.#options.store.limits.bytesMax
    })
    if (end === -1) return batch
    this.#putBack(batch.slice(end))
    return batch.slice(0, end)
  }

  /** Returns undefined if a thread failed. The batch is then back in the queue, or was answered. */
  async #plan(
    batch: readonly Waiting[],
    records: Planned['records'],
    before: UnderWay | undefined,
  ): Promise<Plan | undefined> {
    const values = new Map<string, Uint8Array | null>()
    for (const key of records.keys()) values.set(key, valueOf(key, records, before))
    const requests = batch.map(({ request }) => request)
    const step = startShared(batch, 'ledger plan')
    this.#newestMs = Math.max(this.#newestMs, this.#options.clock.wallMs())
    try {
      const plan = await this.#options.pool.plan({ nowMs: this.#newestMs, requests, records: values })
      endShared(step, batch)
      return plan
    } catch (cause) {
      endShared(step, batch, 'thread failed')
      this.#options.log.warn({ err: toError(cause), requests: batch.length }, 'a ledger thread failed')
      this.#options.onRetry('thread')
      for (const waiting of batch) waiting.failures++
      this.#tryAgain(batch, ({ failures }) => failures < FAILURES_MAX)
      return undefined
    }
  }

  #commit(planned: Planned, revisionBefore: number): UnderWay {
    const puts = new Map(planned.plan.puts.map(({ key, value }) => [key, value]))
    for (const waiting of planned.batch) waiting.isSent = puts.size > 0
    return { puts, done: this.#settle(planned, revisionBefore) }
  }

  /** Returns the revision of what it put. Returns undefined if it was not committed. */
  async #settle({ batch, records, plan, planMs }: Planned, revisionBefore: number): Promise<number | undefined> {
    const { clock, onBatch } = this.#options
    const guards = Array.from(records, ([key, record]) => {
      return { key, revision: typeof record === 'object' ? record.revision : revisionBefore }
    })
    const startedMs = clock.nowMs()
    const step = startShared(batch, 'ledger commit')
    let result: CommitResult
    try {
      result = await this.#write(guards, plan)
      endShared(step, batch, result.committed ? undefined : 'CONFLICT')
    } catch (cause) {
      endShared(step, batch, storeRefusal(cause).code)
      if (cause instanceof OutcomeUnknown) for (const { key } of guards) this.#cache.forget(key)
      this.#answerAll(batch, storeRefusal(cause))
      return undefined
    }
    if (!result.committed) {
      await this.#lost(batch, result.conflicts)
      return undefined
    }
    onBatch({ requests: batch.length, planMs, commitMs: clock.nowMs() - startedMs })
    const { revision } = result
    for (const { key, value } of plan.puts) if (records.has(key)) this.#cache.set(key, { value, revision })
    batch.forEach((waiting, i) => this.#answer(waiting, plan.outcomes[i] ?? LOST))
    return revision
  }

  #write(guards: readonly Guard[], { puts, log }: Plan): Promise<CommitResult> {
    if (puts.length === 0) return this.#confirm(guards)
    return this.#options.store.commit({ guards, puts, log, durable: true })
  }

  /** For a batch that writes nothing: its refusals are right if the records are still as they were read. */
  async #confirm(guards: readonly Guard[]): Promise<CommitResult> {
    const stored = await this.#options.store.get(guards.map(({ key }) => key))
    const changed = guards.filter(({ revision }, i) => (stored[i]?.revision ?? 0) !== revision)
    if (changed.length > 0) return { committed: false, conflicts: changed.map(({ key }) => key) }
    return { committed: true, offset: 0, revision: 0 }
  }

  /** Another writer changed some of the records first. */
  async #lost(batch: readonly Waiting[], conflicts: readonly string[]): Promise<void> {
    this.#options.onRetry('conflict')
    for (const key of conflicts) this.#cache.forget(key)
    const lost = new Set(conflicts)
    for (const waiting of batch) if (waiting.keys.some((key) => lost.has(key))) waiting.conflicts++
    const waitMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** Math.max(...batch.map((waiting) => waiting.conflicts)))
    await delay(waitMs * this.#options.random.fraction())
    this.#tryAgain(batch, (waiting) => waiting.conflicts < CONFLICTS_MAX)
  }

  #tryAgain(batch: readonly Waiting[], mayTry: (waiting: Waiting) => boolean): void {
    this.#putBack(batch.filter(mayTry))
    const given = batch.filter((waiting) => !mayTry(waiting))
    this.#answerAll(
      given,
      new Refusal('OVERLOADED', 'the server gave up after too many attempts; nothing was done', {
        retry_after_ms: 500,
      }),
    )
  }

  /** Nothing of the batch was done. Its requests go back to the queue, except those that were answered meanwhile. */
  #putBack(batch: readonly Waiting[]): void {
    const again = batch.filter((waiting) => !waiting.isAnswered)
    for (const waiting of again) {
      waiting.isSent = false
      if (waiting.span !== undefined) waiting.wait = waiting.span.child('ledger wait')
    }
    this.#waiting = [...again, ...this.#waiting].sort((a, b) => a.sequence - b.sequence)
  }

  /** Returns whether it must be called again. */
  #answerLate(): boolean {
    const nowMs = this.#options.clock.nowMs()
    const late: Waiting[] = []
    for (const waiting of this.#open) if (waiting.untilMs <= nowMs) late.push(waiting)
    for (const waiting of late) this.#answer(waiting, waiting.isSent ? notAnswered() : notBegun())
    if (late.length > 0) this.#waiting = this.#waiting.filter((waiting) => !waiting.isAnswered)
    return this.#open.size > 0
  }

  #answerAll(batch: readonly Waiting[], refusal: Refusal): void {
    for (const waiting of batch) this.#answer(waiting, refusal)
  }

  #answer(waiting: Waiting, outcome: Outcome | Refusal): void {
    if (waiting.isAnswered) return
    waiting.isAnswered = true
    this.#open.delete(waiting)
    endWait(waiting)
    waiting.done(outcome)
  }
}

const LOST = new Refusal('INTERNAL', 'the plan has no answer to this request')

function endWait(waiting: Waiting): void {
  waiting.wait?.end()
  waiting.wait = undefined
}

function isAnswered(waiting: Waiting): boolean {
  return waiting.isAnswered
}

function valueOf(key: string, records: Planned['records'], before: UnderWay | undefined): Uint8Array | null {
  const record = records.get(key)
  return typeof record === 'object' ? record.value : (before?.puts.get(key) ?? null)
}

function onlyOf(batch: readonly Waiting[], records: Planned['records']): Planned['records'] {
  const keys = new Set(batch.flatMap((waiting) => waiting.keys))
  return new Map([...records].filter(([key]) => keys.has(key)))
}
