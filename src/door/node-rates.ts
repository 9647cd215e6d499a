import type { AttemptRates } from './admission.ts'

/** How often each address was let pass. */
export type Taken = readonly (readonly [addressKey: string, count: number])[]

export interface NodeRatesOptions {
  readonly rates: Pick<AttemptRates, 'take' | 'spend'>
  readonly ratePerAddress: number
  /** The number of workers of this node. */
  readonly workers: number
  /** Tells the other workers what this worker has let pass. */
  readonly tell: (taken: Taken) => void
}

/** How often workers tell each other. */
export const TELL_MS = 250
/** The part of the rate that an address may take without being told of, over all workers together. */
const UNTOLD = 1 / 2

/**
 * Limits the rate of an address over all workers of a node. Each worker counts by itself and tells the others what it let pass;
 * they subtract that from what they would let pass. If requests come to several workers at once, they let more pass than the rate
 * before they know of each other. That is made up for later, so the rate holds over some seconds. Addresses that take too little
 * to matter are not told of.
 */
export class NodeRates {
  readonly #options: NodeRatesOptions
  readonly #taken = new Map<string, number>()
  readonly #untoldMax: number

  constructor(options: NodeRatesOptions) {
    this.#options = options
    this.#untoldMax = (options.ratePerAddress * UNTOLD * (TELL_MS / 1000)) / options.workers
  }

  /** Returns 0 if the request was counted, otherwise the milliseconds to wait. */
  take(addressKey: string): number {
    const waitMs = this.#options.rates.take(addressKey)
    if (waitMs === 0) this.#note(addressKey, 1)
    return waitMs
  }

  /**
   * Counts that a request turned out to cost more. What is overdrawn must be made up for before the address may take anything
   * again.
   */
  spend(addressKey: string, count: number): void {
    this.#options.rates.spend(addressKey, count)
    this.#note(addressKey, count)
  }

  /** Call this every TELL_MS. */
  tell(): void {
    const taken = [...this.#taken].filter(([, count]) => count > this.#untoldMax)
    this.#taken.clear()
    if (taken.length > 0) this.#options.tell(taken)
  }

  /** Counts what another worker has let pass. */
  takenElsewhere(taken: Taken): void {
    for (const [addressKey, count] of taken) this.#options.rates.spend(addressKey, count)
  }

  #note(addressKey: string, count: number): void {
    if (this.#options.workers > 1) this.#taken.set(addressKey, (this.#taken.get(addressKey) ?? 0) + count)
  }
}
