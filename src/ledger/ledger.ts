import { toError } from '../base/assert.ts'
import type { Clock } from '../base/clock.ts'
import { delay, nextTurn } from '../base/delay.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import { Refusal } from '../protocol/errors.ts'
import { storeRefusal } from '../store/store-refusal.ts'
import type { Store, StoredRecord } from '../store/store.ts'
import type { PlanPool } from './plan-pool.ts'
import { keysOf, type LedgerRequest, type Outcome, type Plan } from './plan.ts'

export interface LedgerOptions {
  readonly store: Store
  readonly pool: PlanPool
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Requests that may wait; the next one gets OVERLOADED. */
  readonly queueMax: number
  readonly onBatch: (requests: number, durationMs: number) => void
}

interface Waiting {
  readonly request: LedgerRequest
  readonly done: (outcome: Outcome | Refusal) => void
}

/** Requests in one transaction; so many as an fsync is worth waiting for. */
const BATCH_MAX = 512
/** Guards, and puts: player, good, what stands under the key; player, good, receipt, and the key. */
const RECORDS_PER_REQUEST = 4
/** A player with a large inventory, a receipt twice, and the event. */
const BYTES_PER_REQUEST = 16 * 1024
/** Races lost against others who change the same records, and threads that die, before a batch is given up. */
const ATTEMPTS_MAX = 20
/** Waited before the next attempt, with full jitter, growing with the attempts: the others have to get through, too. */
const RETRY_MS_MIN = 2
const RETRY_MS_MAX = 100

/**
 * Purchases and credits, in batches, one at a time: what comes while one is planned and committed is the next. Answers
 * come after the commit is durable, and only then.
 */
export class Ledger {
  readonly #options: LedgerOptions
  #waiting: Waiting[] = []
  #running: Promise<void> | undefined

  constructor(options: LedgerOptions) {
    this.#options = options
  }

  /** So many that a transaction holds whatever they read and write. */
  get #batchMax(): number {
    const { operationsMax, bytesMax } = this.#options.store.limits
    const fitting = Math.min(operationsMax / RECORDS_PER_REQUEST, bytesMax / BYTES_PER_REQUEST)
    return Math.max(1, Math.min(BATCH_MAX, Math.floor(fitting)))
  }

  get queueLength(): number {
    return this.#waiting.length
  }

  submit(request: LedgerRequest, done: (outcome: Outcome | Refusal) => void): void {
    if (this.#waiting.length >= this.#options.queueMax) {
      done(new Refusal('OVERLOADED', 'too many purchases are waiting', { retry_after_ms: 500 }))
      return
    }
    this.#waiting.push({ request, done })
    this.#running ??= this.#run()
  }

  /** Resolves when nothing is waiting or under way. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running
  }

  async #run(): Promise<void> {
    await nextTurn()
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#batchMax)
      const startedMs = this.#options.clock.nowMs()
      const outcomes = await this.#settle(batch.map(({ request }) => request))
      this.#options.onBatch(batch.length, this.#options.clock.nowMs() - startedMs)
      batch.forEach(({ done }, i) => done(outcomes instanceof Refusal ? outcomes : (outcomes[i] ?? LOST)))
    }
    this.#running = undefined
  }

  async #settle(requests: readonly LedgerRequest[]): Promise<readonly Outcome[] | Refusal> {
    try {
      for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
        const outcomes = await this.#attempt(requests)
        if (outcomes) return outcomes
        const waitMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** attempt)
        await delay(waitMs * this.#options.random.fraction())
      }
    } catch (cause) {
      return storeRefusal(cause)
    }
    return new Refusal('OVERLOADED', 'the batch was tried too often; nothing was done', { retry_after_ms: 500 })
  }

  /** undefined: nothing was done, and trying again makes sense. */
  async #attempt(requests: readonly LedgerRequest[]): Promise<readonly Outcome[] | undefined> {
    const keys = [...new Set(requests.flatMap(keysOf))]
    const stored = await this.#options.store.get(keys)
    const plan = await this.#plan(requests, keys, stored)
    if (!plan) return undefined
    if (plan.puts.length === 0) return plan.outcomes
    const guards = keys.map((key, i) => ({ key, revision: stored[i]?.revision ?? 0 }))
    const result = await this.#options.store.commit({ guards, puts: plan.puts, log: plan.log, durable: true })
    return result.committed ? plan.outcomes : undefined
  }

  async #plan(
    requests: readonly LedgerRequest[],
    keys: readonly string[],
    stored: readonly (StoredRecord | undefined)[],
  ): Promise<Plan | undefined> {
    const records = new Map(keys.map((key, i) => [key, stored[i]?.value ?? null]))
    try {
      return await this.#options.pool.plan({ nowMs: this.#options.clock.wallMs(), requests, records })
    } catch (cause) {
      this.#options.log.warn({ err: toError(cause), requests: requests.length }, 'a ledger thread failed; trying again')
      return undefined
    }
  }
}

const LOST = new Refusal('INTERNAL', 'the plan has no answer to this request')
