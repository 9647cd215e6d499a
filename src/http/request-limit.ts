import { Refusal } from '../protocol/errors.ts'
import { addressKey, createPeerReader } from '../door/address.ts'
import type { NodeRates } from '../door/node-rates.ts'
import { headerValues, type RequestHead } from '../door/request-head.ts'
import { errorAnswer, type HttpAnswer } from './http.ts'

/** A load balancer that is told no would take the node for dead, and the answer costs nothing. */
const EXEMPT_PATH = '/health'

export interface RequestLimitOptions {
  readonly rates: Pick<NodeRates, 'take' | 'spend'>
  /** An answer of more bytes counts as so many more requests. */
  readonly bytesPerRequest: number
  /** Addresses and CIDR ranges. */
  readonly trustedProxies: readonly string[]
  readonly onLimited: (head: RequestHead) => void
}

export interface RequestLimit {
  /** Counts a request of its client's address; gives the RATE_LIMITED of one too many. */
  readonly limit: (head: RequestHead) => HttpAnswer | undefined
  /** Counts what the answer to it takes. */
  readonly answered: (head: RequestHead, answer: HttpAnswer) => void
}

export function createRequestLimit(options: RequestLimitOptions): RequestLimit {
  const { rates, bytesPerRequest } = options
  const peerOf = createPeerReader(options.trustedProxies)
  const keyOf = (head: RequestHead) =>
    addressKey(peerOf(head.remoteAddress, headerValues(head, 'x-forwarded-for')).address)
  return {
    limit: (head) => {
      if (head.path === EXEMPT_PATH) return undefined
      const waitMs = rates.take(keyOf(head))
      if (waitMs === 0) return undefined
      options.onLimited(head)
      return errorAnswer(new Refusal('RATE_LIMITED', 'too much for this address', { retry_after_ms: waitMs }))
    },
    answered: (head, { body }) => {
      // Most are small, and of text the bytes are seldom more than the characters.
      if (body.length <= bytesPerRequest || head.method === 'HEAD') return
      rates.spend(keyOf(head), Buffer.byteLength(body) / bytesPerRequest - 1)
    },
  }
}
