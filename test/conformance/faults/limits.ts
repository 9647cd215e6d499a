import type { Answer } from '../faulty-proxy.ts'
import { changing, fields, without, type FaultRow } from './fault.ts'

/** On a server with low limits: see `startLimited`. */
export const LIMITS_FAULTS: readonly FaultRow[] = [
  {
    fault: 'RATE_LIMITED is not retryable',
    run: /^limit\.messages|^http\.path-unknown/,
    fails: ['limit.messages'],
    make: () =>
      changing((value) => {
        const error = fields(value['error'])
        return error['code'] === 'RATE_LIMITED' ? { ...value, error: { ...error, retryable: false } } : value
      }),
  },
  {
    fault: '429 without Retry-After',
    run: /^limit\.retry-after|^http\.path-unknown/,
    fails: ['limit.retry-after'],
    make: () => ({
      answer: (answer) => ({ ...answer, headers: without(answer.headers, 'retry-after') as Answer['headers'] }),
    }),
  },
]
