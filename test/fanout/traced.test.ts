import t from 'tap'
import type { Tracer } from '../../src/base/trace.ts'
import { startDelivery } from '../../src/fanout/traced.ts'
import { placeAlone } from '../../src/hub/pack-event.ts'
import { inLatestRoom, NO_HEAD, type EventHead } from '../../src/protocol/event-head.ts'
import { namespaceChannel, type Namespace } from '../../src/protocol/ids.ts'
import { recordOf } from '../helpers/placed.ts'

const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
const DECOY = '00-ffffffffffffffffffffffffffffffff-ffffffffffffffff-01'
const CHANNEL = namespaceChannel('private' as Namespace)

/** What would be followed of an event with this payload. */
function followed(traceparent: string | undefined, payload: object, change = (head: EventHead) => head): string[] {
  const found: string[] = []
  const tracer: Tracer = {
    request: () => undefined,
    follow: (name, kind, traceparent) => void found.push(`${name} ${kind} ${traceparent}`),
  }
  const record = recordOf(CHANNEL, { traceparent, payload })
  const head = change(record.head ?? NO_HEAD)
  startDelivery(tracer, placeAlone({ ...record, head }, { offset: 42, prev: 39 }), 1)
  return found
}

t.test('the trace of an event is the one in its envelope', async (t) => {
  const expected = [`deliver core.game.state.broadcast consumer ${TRACEPARENT}`]
  t.strictSame(followed(TRACEPARENT, { message: 1 }), expected)
  t.strictSame(followed(TRACEPARENT, {}, inLatestRoom), expected, 'of the class latest, too')
})

t.test('and none that a client has written into its payload', async (t) => {
  const decoys = [
    { traceparent: DECOY },
    { message: { traceparent: DECOY, payload: {} } },
    { message: `","traceparent":"${DECOY}","payload":{}` },
    { message: { x: `"traceparent":"${DECOY}"`, payload: { traceparent: DECOY, payload: 1 } } },
  ]
  for (const decoy of decoys) {
    t.strictSame(followed(undefined, decoy), [], JSON.stringify(decoy))
    t.strictSame(followed(TRACEPARENT, decoy), [`deliver core.game.state.broadcast consumer ${TRACEPARENT}`])
  }
})
