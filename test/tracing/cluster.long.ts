import t from 'tap'
import { skipWithout } from '../helpers/etcd.ts'
import { newTrace, showTree } from '../helpers/otlp.ts'
import type { ReceivedSpan } from '../helpers/otlp-messages.ts'
import { startTracedNodes } from '../helpers/traced-nodes.ts'

const BUY = 'core.game.state.buy_good'

const show = ({ name, resource }: ReceivedSpan) =>
  `${name} · ${String(resource['service.instance.id'])} ${String(resource['drumbeat.process'])}`

t.test('a purchase on one node, seen on another, is one tree', skipWithout('3.5'), async (t) => {
  const { collector, here, there } = await startTracedNodes(t, { workers: 1, gold: 1_000 })

  const { traceId, traceparent } = newTrace()
  t.match(await here.request(BUY, { good_id: 'sword', count: 1 }, { traceparent }), { success: true })
  await there.next(({ eventType }) => eventType === BUY)
  t.strictSame(showTree(await collector.trace(traceId, 9), show), [
    `${BUY} · n1 worker-1`,
    `  link buy · n1 worker-1`,
    `    primary buy · n1 primary`,
    `      ledger commit · n1 primary`,
    `      ledger plan · n1 primary`,
    `      ledger wait · n1 primary`,
    `  reply · n1 worker-1`,
    `deliver ${BUY} · n1 worker-1`,
    `deliver ${BUY} · n2 worker-1`,
  ])
  t.strictSame(collector.mistakes, [])
})
