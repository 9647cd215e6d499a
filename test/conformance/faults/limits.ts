import type { Answer } from '../faulty-proxy.ts'
import { changing, fields, without, type FaultRow } from './fault.ts'

/** The last of them, as it leaves the server's limits used up. */
export const LIMITS_FAULTS: readonly FaultRow[] = [
  {
    fault: 'RATE_LIMITED is not retryable',
    run: /^limit\.messages|^close\.normal/,
    fails: ['limit.messages'],
    make: () =>
      changing((value) => {
        const error = fields(value['error'])
        return error['code'] === 'RATE_LIMITED' ? { ...value, error: { ...error, retryable: false } } : value
      }),
  },
  {
    fault: '429 without Retry-After',
    run: /^limit\.retry-after|^handshake\.pub/,
    fails: ['limit.retry-after'],
    make: () => ({
      answer: (answer) => ({ ...answer, headers: without(answer.headers, 'retry-after') as Answer['headers'] }),
    }),
  },
]
