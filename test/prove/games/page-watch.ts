import type { CDPSession, Page } from 'playwright-core'
import { slopeOf, type Sample, type Slope } from '../slope.ts'

const SAMPLE_MS = 5_000
const SAMPLES_MIN = 30

/** What a page holds, garbage apart. */
export interface PageUse {
  readonly heapBytes: number
  readonly nodes: number
  readonly listeners: number
  /** undefined: too few samples. */
  readonly slope: Slope | undefined
}

/** Watches a page of Chromium from its making on: its heap after a collection, so that garbage is not taken for a leak. */
export class PageWatch {
  readonly #session: CDPSession
  readonly #samples: Sample[] = []
  readonly #startedMs = performance.now()
  readonly #timer: NodeJS.Timeout
  #isLooking = false

  private constructor(session: CDPSession) {
    this.#session = session
    this.#timer = setInterval(() => void this.#sample(), SAMPLE_MS)
  }

  static async open(page: Page): Promise<PageWatch> {
    const session = await page.context().newCDPSession(page)
    await session.send('Performance.enable')
    await session.send('HeapProfiler.enable')
    return new PageWatch(session)
  }

  /** @param warmS is left out of the slope */
  async stop(warmS: number): Promise<PageUse> {
    clearInterval(this.#timer)
    const metrics = await this.#look()
    const samples = this.#samples.filter(({ seconds }) => seconds >= warmS)
    return {
      heapBytes: metrics.get('JSHeapUsedSize') ?? 0,
      nodes: metrics.get('Nodes') ?? 0,
      listeners: metrics.get('JSEventListeners') ?? 0,
      slope: samples.length < SAMPLES_MIN ? undefined : slopeOf(samples),
    }
  }

  async #sample(): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    const bytes = (await this.#look()).get('JSHeapUsedSize') ?? 0
    this.#samples.push({ seconds: (performance.now() - this.#startedMs) / 1000, bytes })
    this.#isLooking = false
  }

  async #look(): Promise<ReadonlyMap<string, number>> {
    await this.#session.send('HeapProfiler.collectGarbage')
    const { metrics } = await this.#session.send('Performance.getMetrics')
    return new Map(metrics.map(({ name, value }) => [name, value]))
  }
}
