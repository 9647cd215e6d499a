import type { Clock } from '../base/clock.ts'
import { isLoopback } from '../door/address.ts'
import type { Accepted } from '../door/handshake.ts'
import { Share, type ShareRates, type ShareTerms } from './share.ts'

export interface SharesOptions {
  readonly rates: ShareRates
  /**
   * Whether guests on loopback are counted one by one. Behind a proxy on this machine that does not name its clients, all guests
   * have that address.
   */
  readonly exemptLoopback: boolean
  readonly clock: Clock
}

/** The shares of users who have sent something lately. The share of any other user would be full. */
export class Shares {
  readonly #options: SharesOptions
  readonly #terms: ShareTerms & { logPrice: number }
  readonly #shares = new Map<string, Share>()
  /** Only of users who are connected to several workers. */
  readonly #parts = new Map<string, number>()

  constructor(options: SharesOptions) {
    this.#options = options
    this.#terms = { rates: options.rates, logPrice: 1 }
  }

  /**
   * The key of the share that counts for a connection: the id of the user, or the address if guests of an address share. No user
   * id is an address.
   */
  keyOf({ access, userId, addressKey }: Pick<Accepted, 'access' | 'userId' | 'addressKey'>): string {
    const isAlone = access === 'private' || (this.#options.exemptLoopback && isLoopback(addressKey))
    return isAlone ? userId : addressKey
  }

  /** Returns the share with this key. Keep it until it is at rest, and no longer, see `forgetAtRest`. */
  of(key: string): Share {
    const known = this.#shares.get(key)
    if (known) return known
    const made = new Share(this.#terms, this.#parts.get(key) ?? 1, this.#options.clock.nowMs())
    this.#shares.set(key, made)
    return made
  }

  /** Sets to how many workers of this node the user is connected. The primary announces it. */
  setParts(key: string, parts: number): void {
    if (parts > 1) this.#parts.set(key, parts)
    else this.#parts.delete(key)
    const share = this.#shares.get(key)
    if (share) share.parts = parts
  }

  /** Sets the price of a byte in the log, see `ShareTerms`. The primary announces it. */
  setLogPrice(price: number): void {
    this.#terms.logPrice = price
  }

  /** Call this after all connections have dropped the shares that are at rest now. */
  forgetAtRest(nowMs: number): void {
    for (const [key, share] of this.#shares) if (share.isAtRest(nowMs)) this.#shares.delete(key)
  }
}
