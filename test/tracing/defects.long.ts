/** A defect's trace id is one and the same in the answer, in the log, and where the request is traced. */
import { join } from 'node:path'
import t from 'tap'
import { systemClock } from '../../src/base/clock.ts'
import { openLmdbStore } from '../../src/store/lmdb/lmdb-store.ts'
import { openClient } from '../helpers/client.ts'
import { newTrace, startCollector } from '../helpers/otlp.ts'
import { startServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'

const BUY = 'core.game.state.buy_good'

/** A player who cannot be read. */
async function putGarbage(dataDir: string, user: string): Promise<void> {
  const options = {
    newEpoch: () => 'e1',
    bootId: 'b',
    runId: 'r',
    logSync: false,
    logBytesMax: 1 << 20,
    onLogLost: () => {},
  }
  const store = await openLmdbStore({ dataDir, clock: systemClock, ...options })
  await store.commit({ puts: [{ key: `player/${user}`, value: Buffer.from('{"balances":') }], durable: true })
  await store.close()
}

t.test('on a socket and in REST', async (t) => {
  const dataDir = join(t.testdir({ data: {} }), 'data')
  await putGarbage(dataDir, 'broken')
  const collector = await startCollector(t)
  const server = await startServer(t, {
    DATA_DIR: dataDir,
    OTLP_ENDPOINT: collector.url,
    TRACE_SAMPLE_RATIO: '1',
    WORKERS: '1',
  })
  const client = await openClient(server, { token: server.mint('broken') })
  t.teardown(() => client.terminate())
  const isLogged = (traceId: unknown) =>
    server.logs().some((line) => line['traceId'] === traceId && line['level'] === 50)
  const buy = async (extra: object) => {
    const { error } = await client.request(BUY, { good_id: 'sword', count: 1 }, { ...extra })
    t.equal(error?.code, 'INTERNAL')
    return String(error?.details?.['trace_id'])
  }
  const read = async (headers: Readonly<Record<string, string>>) => {
    const url = `${server.url}/api/v1/players/broken`
    const response = await fetch(url, { headers: { authorization: `Bearer ${server.adminToken}`, ...headers } })
    t.equal(response.status, 500)
    return ((await response.json()) as { error: { details: { trace_id: string } } }).error.details.trace_id
  }
  const [one, other] = [newTrace(), newTrace()]
  const unsampled = newTrace(false)
  for (const [traceId, expected] of [
    [await buy({ traceparent: one.traceparent }), one.traceId],
    [await read({ traceparent: other.traceparent }), other.traceId],
    [await buy({ traceparent: unsampled.traceparent }), unsampled.traceId],
    [await read({ traceparent: unsampled.traceparent }), unsampled.traceId],
    [await buy({}), undefined],
    [await read({}), undefined],
  ] as const) {
    if (expected !== undefined) t.equal(traceId, expected, "the client's trace")
    t.ok(await until(() => isLogged(traceId)), 'it is in the log')
    if (expected === unsampled.traceId) continue
    const top = () => collector.ofTrace(traceId).find(({ name }) => name === BUY || name.startsWith('GET '))
    await until(() => top() !== undefined)
    t.equal(top()?.error, 'INTERNAL', 'and its trace says so')
  }
})
