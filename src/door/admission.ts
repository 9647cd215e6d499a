import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { RecentMap } from '../base/recent-map.ts'
import { TokenBucket } from '../base/token-bucket.ts'
import { Refusal } from '../protocol/errors.ts'
import type { Namespace } from '../protocol/ids.ts'
import { isLoopback } from './address.ts'

/** Who may try to connect at all, before anything is verified: the cheapest no is given first. */
export interface Admission {
  /** Counts one attempt of that address. RATE_LIMITED, OVERLOADED or DRAINING, each with `details.retry_after_ms`. */
  check(addressKey: string, namespace: Namespace): Refusal | undefined
  /** As the primary announces it, who counts over all workers. */
  setAddressFull(addressKey: string, isFull: boolean): void
  setNamespaceFull(namespace: Namespace, isFull: boolean): void
  /** The node is short of memory. */
  setMemoryShort(isShort: boolean): void
  setDraining(isDraining: boolean): void
}

export interface AdmissionOptions {
  /** Attempts per second. */
  readonly ratePerAddress: number
  /** Attempts at once. */
  readonly burst: number
  /** Exempts loopback from the rate; whether it is ever full is the primary's to say. */
  readonly exemptLoopback: boolean
  readonly clock: Clock
  /** How many addresses are remembered; the one unseen for longest is forgotten first. */
  readonly addressesMax?: number
}

const ADDRESSES_MAX = 65_536
/** A place becomes free when somebody leaves, which nobody can foretell. */
const FULL_RETRY_MS = 5_000
/** Soon: another worker or node has the port by then. */
const DRAINING_RETRY_MS = 1_000

export const SHORT_OF_MEMORY = 'the server is short of memory'
/** It takes as long as others take to leave; and all that were refused are not to come back at once. */
const MEMORY_RETRY_MS = { min: 2_000, spread: 8_000 }

export function createAdmission(options: AdmissionOptions & { readonly random: Pick<Random, 'fraction'> }): Admission {
  const attempts = new AttemptRates(options)
  const fullAddresses = new Set<string>()
  const fullNamespaces = new Set<Namespace>()
  let draining = false
  let memoryShort = false
  return {
    check: (addressKey, namespace) => {
      if (draining) return later('DRAINING', 'the server is going down', DRAINING_RETRY_MS)
      if (memoryShort) {
        const retryMs = MEMORY_RETRY_MS.min + options.random.fraction() * MEMORY_RETRY_MS.spread
        return later('OVERLOADED', SHORT_OF_MEMORY, Math.round(retryMs))
      }
      const waitMs = attempts.take(addressKey)
      if (waitMs > 0) return later('RATE_LIMITED', 'too many connection attempts from this address', waitMs)
      if (fullAddresses.has(addressKey)) {
        return later('RATE_LIMITED', 'too many connections from this address', FULL_RETRY_MS)
      }
      return fullNamespaces.has(namespace) ? later('OVERLOADED', 'the namespace is full', FULL_RETRY_MS) : undefined
    },
    setAddressFull: (addressKey, isFull) => setMember(fullAddresses, addressKey, isFull),
    setNamespaceFull: (namespace, isFull) => setMember(fullNamespaces, namespace, isFull),
    setMemoryShort: (isShort) => {
      memoryShort = isShort
    },
    setDraining: (isDraining) => {
      draining = isDraining
    },
  }
}

/** A rate for each address. */
export class AttemptRates {
  readonly #options: AdmissionOptions
  readonly #buckets: RecentMap<string, TokenBucket>

  constructor(options: AdmissionOptions) {
    this.#options = options
    this.#buckets = new RecentMap(options.addressesMax ?? ADDRESSES_MAX)
  }

  /** 0: taken; else the milliseconds to wait. */
  take(addressKey: string): number {
    if (this.#isExempt(addressKey)) return 0
    const nowMs = this.#options.clock.nowMs()
    const bucket = this.#bucketOf(addressKey, nowMs)
    return bucket.take(1, nowMs) ? 0 : Math.max(1, bucket.waitMs(1, nowMs))
  }

  /** So many were taken somewhere else. */
  spend(addressKey: string, count: number): void {
    if (!this.#isExempt(addressKey)) this.#bucketOf(addressKey, this.#options.clock.nowMs()).spend(count)
  }

  #isExempt(addressKey: string): boolean {
    return this.#options.exemptLoopback && isLoopback(addressKey)
  }

  #bucketOf(addressKey: string, nowMs: number): TokenBucket {
    const { ratePerAddress, burst } = this.#options
    return this.#buckets.get(addressKey, () => new TokenBucket(ratePerAddress, burst, nowMs))
  }
}

function later(code: 'RATE_LIMITED' | 'OVERLOADED' | 'DRAINING', message: string, retryAfterMs: number): Refusal {
  return new Refusal(code, message, { retry_after_ms: retryAfterMs })
}

function setMember<T>(set: Set<T>, member: T, isIn: boolean): void {
  if (isIn) set.add(member)
  else set.delete(member)
}
