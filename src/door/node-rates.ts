import type { AttemptRates } from './admission.ts'

/** What was taken: by address, how often. */
export type Taken = readonly (readonly [addressKey: string, count: number])[]

export interface NodeRatesOptions {
  readonly rates: Pick<AttemptRates, 'take' | 'spend'>
  readonly ratePerAddress: number
  /** Of this node. */
  readonly workers: number
  /** What this worker has let pass, for the others. */
  readonly tell: (taken: Taken) => void
}

/** How often workers tell each other. */
export const TELL_MS = 250
/** What an address takes beside what is told, of all workers together: this part of the rate at most. */
const UNTOLD = 1 / 2

/**
 * The rate of an address over all workers of a node. Each counts by itself and tells the others what it let pass, who take it
 * from what they would let pass. What comes to several workers at once, before they know of each other, is more than the rate,
 * and has to be made good; over some seconds it is the rate. Who takes so little that it does not matter is not told of.
 */
export class NodeRates {
  readonly #options: NodeRatesOptions
  readonly #taken = new Map<string, number>()
  readonly #untoldMax: number

  constructor(options: NodeRatesOptions) {
    this.#options = options
    this.#untoldMax = (options.ratePerAddress * UNTOLD * (TELL_MS / 1000)) / options.workers
  }

  /** 0: taken; else the milliseconds to wait. */
  take(addressKey: string): number {
    const waitMs = this.#options.rates.take(addressKey)
    if (waitMs === 0) this.#note(addressKey, 1)
    return waitMs
  }

  /** It turned out to take so many more: what is overdrawn has to be made good before anything is taken again. */
  spend(addressKey: string, count: number): void {
    this.#options.rates.spend(addressKey, count)
    this.#note(addressKey, count)
  }

  /** To be called every TELL_MS. */
  tell(): void {
    const taken = [...this.#taken].filter(([, count]) => count > this.#untoldMax)
    this.#taken.clear()
    if (taken.length > 0) this.#options.tell(taken)
  }

  /** What another worker has let pass. */
  takenElsewhere(taken: Taken): void {
    for (const [addressKey, count] of taken) this.#options.rates.spend(addressKey, count)
  }

  #note(addressKey: string, count: number): void {
    if (this.#options.workers > 1) this.#taken.set(addressKey, (this.#taken.get(addressKey) ?? 0) + count)
  }
}
