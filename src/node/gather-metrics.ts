import { within } from '../base/delay.ts'
import { addUpCounts, keepCounts, mergeMetrics, type Metrics } from '../metrics/metrics.ts'

/** A worker or a host, which counts by itself. */
export interface MetricsSource {
  readonly id: number | string
  readonly link: { ask(method: 'metrics', args: null): Promise<{ readonly metrics: unknown }> }
}

/** One that does not answer in this time counts with what it said last. */
const ANSWER_MS = 1_000
/** So many that are gone are kept one by one before they are added up. */
const GONE_MAX = 8

/**
 * The metrics of this process, all workers and all hosts. What was counted stays counted when one of them dies or is too slow to answer: a sum
 * that went down would be read as a restart, and its rate would be all that was ever counted.
 */
export class GatheredMetrics {
  readonly #own: Metrics
  readonly #last = new Map<MetricsSource['id'], unknown>()
  #gone: unknown[] = []
  #isAddingUp = false

  constructor(own: Metrics) {
    this.#own = own
  }

  /** Prometheus text. */
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
    // Others may have gone meanwhile.
    this.#gone = [sum, ...this.#gone.slice(length)]
    this.#isAddingUp = false
  }
}

function askMetrics(link: MetricsSource['link']): Promise<unknown> {
  const answered = link.ask('metrics', null).then(
    ({ metrics }) => metrics,
    () => undefined, // it is being replaced
  )
  return within(answered, ANSWER_MS, undefined)
}
