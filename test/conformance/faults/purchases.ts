import { EVENT } from '../../../src/protocol/events.ts'
import type { Value } from '../faulty-proxy.ts'
import { changing, fields, isOf, without, withData, withPayload, type FaultRow } from './fault.ts'

const isReceipt = (value: Value) => 'purchase_id' in value

export const PURCHASES_FAULTS: readonly FaultRow[] = [
  {
    fault: 'a replayed purchase looks like a new one',
    run: /^purchase\.(repl|at-once|conflict|key)/,
    fails: ['purchase.replayed', 'purchase.at-once'],
    make: () => changing((value) => (isReceipt(fields(value['data'])) ? withData(value, { replayed: false }) : value)),
  },
  {
    fault: 'a receipt that was altered',
    run: /^purchase\.(sig|unl|listed|replayed$)/,
    fails: ['purchase.signature'],
    make: () => changing((value) => (isReceipt(fields(value['data'])) ? withData(value, { committed_at: 7 }) : value)),
  },
  {
    fault: "the event's receipt is not the reply's",
    run: /^purchase\.(event|sig|unl)/,
    fails: ['purchase.event'],
    make: () => changing((value) => (isOf(value, EVENT.buyGood) ? withPayload(value, { total: 0 }) : value)),
  },
  {
    fault: 'the stock is not what was sold',
    run: /^purchase\.(one-step|out|good-read|no-oversell|insufficient)/,
    fails: ['purchase.one-step'],
    make: () => ({
      answer: (answer, { url }) => {
        const isIt = url?.endsWith('/goods/conformance-one-step') === true && answer.body.includes('"stock":6')
        return isIt ? { ...answer, body: answer.body.replace('"stock":6', '"stock":10') } : answer
      },
    }),
  },
  {
    fault: 'a conflict of keys is a replay',
    run: /^purchase\.(conflict|replayed|at-once)/,
    fails: ['purchase.conflict'],
    make: () =>
      changing((value) => {
        const isConflict = fields(value['error'])['code'] === 'IDEMPOTENCY_CONFLICT'
        return isConflict ? { ...without(value, 'error'), success: true, data: { replayed: true } } : value
      }),
  },
]
