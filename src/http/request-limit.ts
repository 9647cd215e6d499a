import { Refusal } from '../protocol/errors.ts'
import { addressKey, createPeerReader } from '../door/address.ts'
import type { NodeRates } from '../door/node-rates.ts'
import { headerValues, type RequestHead } from '../door/request-head.ts'
import { errorAnswer, type HttpAnswer } from './http.ts'

/** If a load balancer were refused here, it would take the node for dead. The answer costs next to nothing. */
const EXEMPT_PATH = '/health'

export interface RequestLimitOptions {
  readonly rates: Pick<NodeRates, 'take' | 'spend'>
  /** An answer larger than this counts as several requests: one for each such number of bytes. */
  readonly bytesPerRequest: number
  /** Addresses and CIDR ranges. */
  readonly trustedProxies: readonly string[]
  readonly onLimited: (head: RequestHead) => void
}

export interface RequestLimit {
  /** Counts a request of its client's address. Returns a RATE_LIMITED answer if it is one too many, otherwise undefined. */
  readonly limit: (head: RequestHead) => HttpAnswer | undefined
  /** Counts what the answer to a request costs. */
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
      return errorAnswer(
        new Refusal('RATE_LIMITED', 'this address has sent too many requests', { retry_after_ms: waitMs }),
      )
    },
    answered: (head, { body }) => {
      // Most answers are small. Counting characters first is cheap, and in most texts they are about as many as the bytes.
      if (body.length <= bytesPerRequest || head.method === 'HEAD') return
      rates.spend(keyOf(head), Buffer.byteLength(body) / bytesPerRequest - 1)
    },
  }
}
