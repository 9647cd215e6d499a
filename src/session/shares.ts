import type { Clock } from '../base/clock.ts'
import { isLoopback } from '../door/address.ts'
import type { Accepted } from '../door/handshake.ts'
import { Share, type ShareRates, type ShareTerms } from './share.ts'

export interface SharesOptions {
  readonly rates: ShareRates
  /** Whether guests on loopback count alone: behind a proxy of this machine that names no clients all have that address. */
  readonly exemptLoopback: boolean
  readonly clock: Clock
}

/** The shares of those who have sent something lately; the others' would be full. */
export class Shares {
  readonly #options: SharesOptions
  readonly #terms: ShareTerms & { logPrice: number }
  readonly #shares = new Map<string, Share>()
  /** Of those who are connected to several workers. */
  readonly #parts = new Map<string, number>()

  constructor(options: SharesOptions) {
    this.#options = options
    this.#terms = { rates: options.rates, logPrice: 1 }
  }

  /** Whose share it is: a user's, or that of the guests of an address. No user id is an address. */
  keyOf({ access, userId, addressKey }: Pick<Accepted, 'access' | 'userId' | 'addressKey'>): string {
    const isAlone = access === 'private' || (this.#options.exemptLoopback && isLoopback(addressKey))
    return isAlone ? userId : addressKey
  }

  /** Keep it until it is at rest, and no longer: see `forgetAtRest`. */
  of(key: string): Share {
    const known = this.#shares.get(key)
    if (known) return known
    const made = new Share(this.#terms, this.#parts.get(key) ?? 1, this.#options.clock.nowMs())
    this.#shares.set(key, made)
    return made
  }

  /** As the primary says: to how many workers of this node the user is connected. */
  setParts(key: string, parts: number): void {
    if (parts > 1) this.#parts.set(key, parts)
    else this.#parts.delete(key)
    const share = this.#shares.get(key)
    if (share) share.parts = parts
  }

  /** As the primary says: see `ShareTerms`. */
  setLogPrice(price: number): void {
    this.#terms.logPrice = price
  }

  /** To be called when all connections have just let go of those that are at rest now. */
  forgetAtRest(nowMs: number): void {
    for (const [key, share] of this.#shares) if (share.isAtRest(nowMs)) this.#shares.delete(key)
  }
}
