import { within } from '../base/delay.ts'
import { addUpCounts, keepCounts, mergeMetrics, type Metrics } from '../metrics/metrics.ts'
import type { WorkerLink } from '../processes/workers.ts'

/** A worker that does not answer in this time counts with what it said last. */
const ANSWER_MS = 1_000
/** So many that are gone are kept one by one before they are added up. */
const GONE_MAX = 8

/**
 * The metrics of this process and all workers. What was counted stays counted when a worker dies or is too slow to answer: a sum
 * that went down would be read as a restart, and its rate would be all that was ever counted.
 */
export class GatheredMetrics {
  readonly #own: Metrics
  readonly #last = new Map<number, unknown>()
  #gone: unknown[] = []
  #isAddingUp = false

  constructor(own: Metrics) {
    this.#own = own
  }

  /** Prometheus text. */
  async read(
    workers: readonly { readonly id: number; readonly link: Pick<WorkerLink, 'ask'> }[],
  ): Promise<{ contentType: string; text: string }> {
    await Promise.all(
      workers.map(async ({ id, link }) => {
        const answer = await askMetrics(link)
        if (answer !== undefined) this.#last.set(id, answer)
      }),
    )
    const own = await this.#own.toJson()
    return mergeMetrics([own, ...this.#gone, ...this.#last.values()])
  }

  workerGone(worker: number): void {
    const last = this.#last.get(worker)
    if (last === undefined) return
    this.#last.delete(worker)
    this.#gone.push(keepCounts(last))
    if (this.#gone.length > GONE_MAX && !this.#isAddingUp) void this.#addUp()
  }

  async #addUp(): Promise<void> {
    this.#isAddingUp = true
    const { length } = this.#gone
    const sum = await addUpCounts(this.#gone)
    // Others may have gone meanwhile.
    this.#gone = [sum, ...this.#gone.slice(length)]
    this.#isAddingUp = false
  }
}

function askMetrics(link: Pick<WorkerLink, 'ask'>): Promise<unknown> {
  const answered = link.ask('metrics', null).then(
    ({ metrics }) => metrics,
    () => undefined, // it is being replaced
  )
  return within(answered, ANSWER_MS, undefined)
}
