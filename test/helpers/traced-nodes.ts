import { openClient, type TestClient } from './client.ts'
import { startNodes } from './cluster.ts'
import { startEtcd } from './etcd.ts'
import { startCollector } from './otlp.ts'
import type { Owner, TestServer } from './server.ts'

export interface TracedNodes {
  readonly collector: Awaited<ReturnType<typeof startCollector>>
  /** Alice, who has gold, connected to each of the nodes. */
  readonly here: TestClient
  readonly there: TestClient
}

/** Starts two nodes that share an etcd, and send their traces to a collector. */
export async function startTracedNodes(
  t: Owner,
  options: { readonly workers: number; readonly gold: number },
): Promise<TracedNodes> {
  const collector = await startCollector(t)
  const etcd = await startEtcd(t)
  const env = { WORKERS: String(options.workers), OTLP_ENDPOINT: collector.url, TRACE_SAMPLE_RATIO: '0' }
  const [n1, n2] = (await startNodes(t, etcd.endpoints, { count: 2, env })) as [TestServer, TestServer]
  const gold = { currency: 'gold', amount: options.gold, idempotency_key: 'gold-of-alice-000001' }
  await n1.admin('POST', '/api/v1/players/alice/credit', gold)
  const here = await openClient(n1, { token: n1.mint('alice') })
  const there = await openClient(n2, { token: n2.mint('alice') })
  t.teardown(() => [here, there].forEach((client) => client.terminate()))
  return { collector, here, there }
}
