/** A collector that does not answer costs spans, which are counted, and nothing else. */
import t from 'tap'
import { openClient, type TestClient } from '../helpers/client.ts'
import { deadEndpoint, dropped, startCollector } from '../helpers/otlp.ts'
import { promisedMs } from '../helpers/promised.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'

// Each waits for half a minute.
t.jobs = 2

const PING = 'core.game.session.ping'
const SHUTDOWN_MS = 5_000
/** More spans than may wait: two for each. */
const PINGS = 4_000

async function pingOften(client: TestClient, times: number): Promise<void> {
  const replies = Array.from({ length: times }, () => client.request(PING, {}))
  for (const reply of await Promise.all(replies)) if (!reply.success) throw new Error(JSON.stringify(reply))
}

function warnings(server: TestServer) {
  return server.logs().filter(({ msg }) => msg === 'traces cannot be exported')
}

t.test('nobody there: the server serves, says it once, counts what is lost, and stops in time', async (t) => {
  const endpoint = await deadEndpoint()
  const env = { OTLP_ENDPOINT: endpoint, TRACE_SAMPLE_RATIO: '1', WORKERS: '1', SHUTDOWN_TIMEOUT: '5s' }
  const server = await startServer(t, env)
  const guest = await openClient(server)
  t.teardown(() => guest.terminate())
  await pingOften(guest, 10)
  t.equal(await dropped(server, 'export'), 0)
  t.ok(await until(() => warnings(server).length > 0), 'it is said')
  t.match(warnings(server)[0], { level: 40, endpoint, reason: /ECONNREFUSED/ })
  await pingOften(guest, 10)
  t.ok(await until(async () => (await dropped(server, 'export')) >= 40), 'both times it was lost')
  t.equal(warnings(server).length, 1, 'and said once')
  await pingOften(guest, 1)
  const startedMs = performance.now()
  await server.stop()
  promisedMs(t, performance.now() - startedMs, SHUTDOWN_MS, 'it does not wait for the collector')
})

t.test('a collector that says nothing: the queue is bounded, and what is too much is counted', async (t) => {
  const collector = await startCollector(t)
  collector.mood = 'hang'
  const rates = { RATE_MESSAGES: '1000000', RATE_BYTES: '1GiB' }
  const env = { OTLP_ENDPOINT: collector.url, TRACE_SAMPLE_RATIO: '1', WORKERS: '1', ...rates }
  const server = await startServer(t, env)
  const guest = await openClient(server)
  t.teardown(() => guest.terminate())
  await pingOften(guest, PINGS)
  t.ok((await dropped(server, 'queue')) > 0)
  t.ok(await until(() => warnings(server).length > 0), 'it is said')
  t.ok((await dropped(server, 'export')) > 0, 'what it was given is lost')
  collector.mood = 'take'
  t.ok(await until(() => collector.spans.length > 0), 'what waited comes once it takes something')
})
