import { within } from '../base/delay.ts'
import { addUpCounts, keepCounts, mergeMetrics, type Metrics } from '../metrics/metrics.ts'

/** A worker or a host, which has metrics of its own. */
export interface MetricsSource {
  readonly id: number | string
  readonly link: { ask(method: 'metrics', args: null): Promise<{ readonly metrics: unknown }> }
}

/** If a process does not answer within this time, its last answer is used. */
const ANSWER_MS = 1_000
/** With more ended processes than this, their metrics are added up. */
const GONE_MAX = 8

/**
 * The metrics of this process, all workers and all hosts. A process that ends, or answers too late, still counts. Otherwise the
 * sum of a counter would fall, Prometheus would take that for a restart, and its rate would be far too high.
 */
export class GatheredMetrics {
  readonly #own: Metrics
  readonly #last = new Map<MetricsSource['id'], unknown>()
  #gone: unknown[] = []
  #isAddingUp = false

  constructor(own: Metrics) {
    this.#own = own
  }

  /** Returns all metrics as Prometheus text. */
  async read(sources: readonly MetricsSource[]): Promise<{ contentType: string; text: string }> {
    await Promise.all(
      sources.map(async ({ id, link }) => {
        const answer = await askMetrics(link)
        if (answer !== undefined) this.#last.set(id, answer)
      }),
    )
    const own = await this.#own.toJson()
    return mergeMetrics([own, ...this.#gone, ...this.#last.values()])
  }

  gone(source: MetricsSource['id']): void {
    const last = this.#last.get(source)
    if (last === undefined) return
    this.#last.delete(source)
    this.#gone.push(keepCounts(last))
    if (this.#gone.length > GONE_MAX && !this.#isAddingUp) void this.#addUp()
  }

  async #addUp(): Promise<void> {
    this.#isAddingUp = true
    const { length } = this.#gone
    const sum = await addUpCounts(this.#gone)
    // More processes may have ended meanwhile.
    this.#gone = [sum, ...this.#gone.slice(length)]
    this.#isAddingUp = false
  }
}

function askMetrics(link: MetricsSource['link']): Promise<unknown> {
  const answered = link.ask('metrics', null).then(
    ({ metrics }) => metrics,
    () => undefined, // the process has ended
  )
  return within(answered, ANSWER_MS, undefined)
}
