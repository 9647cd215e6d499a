import { Refusal } from '../protocol/errors.ts'
import { addressKey, createPeerReader } from '../door/address.ts'
import type { AttemptRates } from '../door/admission.ts'
import { headerValues, type RequestHead } from '../door/request-head.ts'
import { errorAnswer, type HttpAnswer } from './http.ts'

/** A load balancer that is told no would take the node for dead, and the answer costs nothing. */
const EXEMPT_PATH = '/health'

export interface RequestLimitOptions {
  readonly rates: Pick<AttemptRates, 'take'>
  /** Addresses and CIDR ranges. */
  readonly trustedProxies: readonly string[]
  readonly onLimited: (head: RequestHead) => void
}

/** Counts a request of its client's address; gives the RATE_LIMITED of one too many. */
export function createRequestLimit(options: RequestLimitOptions): (head: RequestHead) => HttpAnswer | undefined {
  const peerOf = createPeerReader(options.trustedProxies)
  return (head) => {
    if (head.path === EXEMPT_PATH) return undefined
    const { address } = peerOf(head.remoteAddress, headerValues(head, 'x-forwarded-for'))
    const waitMs = options.rates.take(addressKey(address))
    if (waitMs === 0) return undefined
    options.onLimited(head)
    return errorAnswer(new Refusal('RATE_LIMITED', 'too many requests from this address', { retry_after_ms: waitMs }))
  }
}
