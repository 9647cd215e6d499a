import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { RecentMap } from '../base/recent-map.ts'
import { TokenBucket } from '../base/token-bucket.ts'
import { Refusal } from '../protocol/errors.ts'
import type { Namespace } from '../protocol/ids.ts'
import { isLoopback } from './address.ts'

/** Decides who may try to connect, before anything is verified. The cheapest checks come first. */
export interface Admission {
  /**
   * Counts one attempt of that address. Returns undefined if it may go on, otherwise RATE_LIMITED, OVERLOADED or DRAINING, each
   * with `details.retry_after_ms`.
   */
  check(addressKey: string, namespace: Namespace): Refusal | undefined
  /** The primary announces this, because it counts over all workers. */
  setAddressFull(addressKey: string, isFull: boolean): void
  setNamespaceFull(namespace: Namespace, isFull: boolean): void
  /** Whether the node is short of memory. */
  setMemoryShort(isShort: boolean): void
  setDraining(isDraining: boolean): void
}

export interface AdmissionOptions {
  /** Attempts per second. */
  readonly ratePerAddress: number
  /** How many attempts may come at once. */
  readonly burst: number
  /** Whether loopback is exempt from the rate. The primary decides whether loopback is full. */
  readonly exemptLoopback: boolean
  readonly clock: Clock
  /** How many addresses are remembered. Beyond that, the one not seen for the longest time is forgotten. */
  readonly addressesMax?: number
}

const ADDRESSES_MAX = 65_536
/** A place becomes free when somebody leaves, which cannot be predicted. */
const FULL_RETRY_MS = 5_000
/** Soon, because another worker or node has the port by then. */
const DRAINING_RETRY_MS = 1_000

export const SHORT_OF_MEMORY = 'the server is short of memory'
/** Memory becomes free when other clients leave. The spread keeps the refused clients from returning all at once. */
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

export class AttemptRates {
  readonly #options: AdmissionOptions
  readonly #buckets: RecentMap<string, TokenBucket>

  constructor(options: AdmissionOptions) {
    this.#options = options
    this.#buckets = new RecentMap(options.addressesMax ?? ADDRESSES_MAX)
  }

  /** Returns 0 if the attempt was counted, otherwise the milliseconds to wait. */
  take(addressKey: string): number {
    if (this.#isExempt(addressKey)) return 0
    const nowMs = this.#options.clock.nowMs()
    const bucket = this.#bucketOf(addressKey, nowMs)
    return bucket.take(1, nowMs) ? 0 : Math.max(1, bucket.waitMs(1, nowMs))
  }

  /** Counts attempts that were made elsewhere. */
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
