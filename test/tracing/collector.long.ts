/** How spans are exported, and what a collector may answer. */
import t from 'tap'
import { openClient } from '../helpers/client.ts'
import { deadEndpoint, dropped, newTrace, startCollector } from '../helpers/otlp.ts'
import { startServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'

const PING = 'core.game.session.ping'

t.test('a collector that wants to be asked later is', async (t) => {
  const collector = await startCollector(t)
  collector.mood = 'later'
  const server = await startServer(t, { OTLP_ENDPOINT: collector.url, WORKERS: '1' })
  const guest = await openClient(server)
  t.teardown(() => guest.terminate())
  const { traceId, traceparent } = newTrace()
  await guest.request(PING, {}, { traceparent })
  t.ok(await until(() => collector.requests >= 2), 'it is asked again')
  t.equal(collector.spans.length, 0)
  collector.mood = 'take'
  t.equal((await collector.trace(traceId, 2)).length, 2, 'the same spans, once')
  t.equal(await dropped(server, 'export'), 0)
})

t.test('a collector that takes only a part says so in the log', async (t) => {
  const collector = await startCollector(t)
  collector.mood = 'reject'
  const server = await startServer(t, { OTLP_ENDPOINT: collector.url, WORKERS: '1' })
  const guest = await openClient(server)
  t.teardown(() => guest.terminate())
  await guest.request(PING, {}, { traceparent: newTrace().traceparent })
  const said = () => server.logs().find(({ msg }) => msg === 'tracing has a problem')
  t.ok(await until(() => said() !== undefined))
  t.match(said(), { reason: /partial success.*this is a test/i })
})

t.test('what was traced just before the end is exported at the end, by all processes', async (t) => {
  const collector = await startCollector(t)
  const server = await startServer(t, { OTLP_ENDPOINT: collector.url, WORKERS: '1' })
  const guest = await openClient(server)
  const { traceId, traceparent } = newTrace()
  await guest.request('core.game.state.broadcast', { message: 1 }, { traceparent })
  await server.stop()
  t.equal(collector.ofTrace(traceId).length, 7, 'no later than it has ended')
  t.strictSame(collector.mistakes, [])
})

t.test('where nothing is traced, the library is not loaded', async (t) => {
  const loaded = async (env: Readonly<Record<string, string>>) => {
    const server = await startServer(t, { WORKERS: '1', NODE_DEBUG: 'esm', ...env })
    return /opentelemetry/.test(server.output())
  }
  t.notOk(await loaded({}))
  t.ok(await loaded({ OTLP_ENDPOINT: await deadEndpoint() }), 'which would have been seen')
})
