import t from 'tap'
import { openClient } from '../helpers/client.ts'
import { startNodes } from '../helpers/cluster.ts'
import { skipWithout, startEtcd } from '../helpers/etcd.ts'
import { newTrace, showTree, startCollector } from '../helpers/otlp.ts'
import type { ReceivedSpan } from '../helpers/otlp-messages.ts'
import type { TestServer } from '../helpers/server.ts'

const BUY = 'core.game.state.buy_good'

const show = ({ name, resource }: ReceivedSpan) =>
  `${name} · ${String(resource['service.instance.id'])} ${String(resource['drumbeat.process'])}`

t.test('a purchase on one node, seen on another, is one tree', skipWithout('3.5'), async (t) => {
  const collector = await startCollector(t)
  const etcd = await startEtcd(t)
  const env = { WORKERS: '1', OTLP_ENDPOINT: collector.url, TRACE_SAMPLE_RATIO: '0' }
  const [n1, n2] = (await startNodes(t, etcd.endpoints, { count: 2, env })) as [TestServer, TestServer]
  const gold = { currency: 'gold', amount: 1_000, idempotency_key: 'gold-of-alice-000001' }
  await n1.admin('POST', '/api/v1/players/alice/credit', gold)
  const here = await openClient(n1, { token: n1.mint('alice') })
  const there = await openClient(n2, { token: n2.mint('alice') })
  t.teardown(() => [here, there].forEach((client) => client.terminate()))

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
