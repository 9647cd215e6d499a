/** What one request does, on all processes of a node, as a collector gets it. */
import t, { type Test } from 'tap'
import { openClient, type TestClient } from '../helpers/client.ts'
import { newTrace, showTree, startCollector, type TestCollector } from '../helpers/otlp.ts'
import type { ReceivedSpan } from '../helpers/otlp-messages.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'

const BROADCAST = 'core.game.state.broadcast'
const BUY = 'core.game.state.buy_good'
const PING = 'core.game.session.ping'
const JOIN = 'core.game.room.join'
const LEAVE = 'core.game.room.leave'
const ATTEMPTS = 50

interface ConnectionList {
  readonly items: readonly { readonly connection_id: string; readonly worker: number }[]
}

async function workerOf(server: TestServer, client: TestClient): Promise<number> {
  const { items } = (await server.admin('GET', '/api/v1/connections?limit=1000')) as ConnectionList
  return items.find(({ connection_id }) => connection_id === client.ready['connection_id'])?.worker ?? 0
}

/** Two connections of a user on two workers: the kernel chooses, so the second is opened until it is elsewhere. */
async function openOnTwoWorkers(t: Test, server: TestServer, user: string) {
  const token = server.mint(user)
  const [one, here] = await open()
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const [other, there] = await open()
    if (there !== here) return { one, here, other, there }
    await other.close()
  }
  throw new Error('all connections are on one worker')

  async function open() {
    const client = await openClient(server, { token })
    t.teardown(() => client.terminate())
    return [client, await workerOf(server, client)] as const
  }
}

async function setUp(t: Test, env: Readonly<Record<string, string>> = {}) {
  const collector = await startCollector(t)
  const server = await startServer(t, { NODE_ID: 'n1', OTLP_ENDPOINT: collector.url, TRACE_SAMPLE_RATIO: '0', ...env })
  return { collector, server }
}

function named(spans: readonly ReceivedSpan[], name: string): ReceivedSpan {
  const found = spans.find((span) => span.name === name)
  if (!found) throw new Error(`no ${name} in\n${showTree(spans).join('\n')}`)
  return found
}

t.test('a purchase whose event goes to two workers is one tree, below the span of the client', async (t) => {
  const { collector, server } = await setUp(t, { OTLP_HEADERS: 'authorization=Bearer%20secret,x-tenant=a=b' })
  const gold = { currency: 'gold', amount: 1_000, idempotency_key: 'gold-of-alice-000001' }
  await server.admin('POST', '/api/v1/players/alice/credit', gold)
  const { one, here, other, there } = await openOnTwoWorkers(t, server, 'alice')
  const { traceId, spanId, traceparent } = newTrace()
  const reply = await one.request(BUY, { good_id: 'sword', count: 1 }, { traceparent })
  t.match(reply, { success: true, traceparent })
  t.match(await other.next(({ eventType }) => eventType === BUY), { traceparent })

  const spans = await collector.trace(traceId, 9)
  const process = `worker-${here}`
  t.strictSame(
    showTree(spans),
    [
      `${BUY} · SERVER · ${process}`,
      `  link buy · CLIENT · ${process}`,
      `    primary buy · SERVER · primary`,
      `      ledger commit · INTERNAL · primary`,
      `      ledger plan · INTERNAL · primary`,
      `      ledger wait · INTERNAL · primary`,
      `  reply · INTERNAL · ${process}`,
      ...[here, there].toSorted((a, b) => a - b).map((worker) => `deliver ${BUY} · CONSUMER · worker-${worker}`),
    ],
    'the tree',
  )
  const tops = spans.filter((span) => span.name.endsWith(BUY))
  t.strictSame(new Set(tops.map(({ parentSpanId }) => parentSpanId)), new Set([spanId]), "below the client's own")
  for (const { startMs, endMs, name, error } of spans) {
    t.ok(endMs >= startMs, `${name} ends after it began`)
    t.equal(error, undefined, `${name} did not fail`)
  }
  for (const span of spans) {
    const parent = spans.find(({ spanId }) => spanId === span.parentSpanId)
    if (!parent || parent.resource['drumbeat.process'] !== span.resource['drumbeat.process']) continue
    t.ok(span.startMs >= parent.startMs && span.endMs <= parent.endMs, `${span.name} is within ${parent.name}`)
  }

  const { attributes, resource } = named(spans, BUY)
  t.match(attributes, {
    'messaging.system': 'drumbeat',
    'messaging.destination.name': 'private',
    'enduser.id': 'alice',
    'drumbeat.connection.id': one.ready['connection_id'],
  })
  t.match(resource, { 'service.name': 'drumbeat', 'service.instance.id': 'n1', 'telemetry.sdk.language': 'nodejs' })
  t.match(resource['service.version'], /^\d+\.\d+\.\d+/)
  t.match(named(spans, `deliver ${BUY}`).attributes, { 'drumbeat.connections': 1, 'drumbeat.offset': Number })
  t.match(
    collector.headers[0],
    { authorization: 'Bearer secret', 'x-tenant': 'a=b' },
    'with the headers of OTLP_HEADERS',
  )
  t.strictSame(collector.mistakes, [])
  t.notMatch(server.output(), 'Bearer secret', 'which are told to nobody else')
  t.notMatch(JSON.stringify(await server.admin('GET', '/api/v1/config')), 'Bearer')
})

t.test('a purchase that is refused is an error with its code, and is delivered nowhere', async (t) => {
  const { collector, server } = await setUp(t)
  const poor = await openClient(server, { token: server.mint('poor') })
  t.teardown(() => poor.terminate())
  const { traceId, traceparent } = newTrace()
  t.match(await poor.request(BUY, { good_id: 'sword', count: 1 }, { traceparent }), { success: false })
  const spans = await collector.trace(traceId, 6)
  for (const name of [BUY, 'link buy', 'primary buy']) {
    const span = named(spans, name)
    t.equal(span.error, 'INSUFFICIENT_FUNDS', name)
    t.equal(span.attributes['error.type'], 'INSUFFICIENT_FUNDS', name)
  }
  t.notOk(spans.some(({ kind }) => kind === 'CONSUMER'))
})

t.test('broadcasts of several requests that share a commit are linked with it, each in its own trace', async (t) => {
  const { collector, server } = await setUp(t, { WORKERS: '1' })
  const alice = await openClient(server, { token: server.mint('alice') })
  t.teardown(() => alice.terminate())
  const traces = Array.from({ length: 20 }, () => newTrace())
  for (const { traceparent } of traces) alice.send({ eventType: BROADCAST, payload: { message: 'x' }, traceparent })
  await until(() => alice.events.length === traces.length)
  await until(() => collector.spans.filter(({ kind }) => kind === 'CONSUMER').length === traces.length)
  const all = () => collector.spans.filter(({ name }) => name === 'group commit')
  await until(() => all().length === traces.length)
  const commits = collector.spans.filter(({ name }) => name === 'store commit')
  t.ok(commits.length < traces.length, `${commits.length} commits of ${traces.length} requests`)
  const sum = commits.reduce((sum, { attributes }) => sum + Number(attributes['messaging.batch.message_count']), 0)
  t.equal(sum, traces.length)
  for (const group of all()) {
    const own = commits.find(({ parentSpanId }) => parentSpanId === group.spanId)
    if (own) continue
    const [link] = group.links
    const shared = commits.find(({ spanId, traceId }) => spanId === link?.spanId && traceId === link?.traceId)
    t.ok(shared, 'it is linked with the commit that it was in')
    t.ok(
      shared?.links.some(({ spanId, traceId }) => spanId === group.spanId && traceId === group.traceId),
      'and back',
    )
  }
})

t.test('what the server samples itself is a trace of its own, which the event carries on', async (t) => {
  const { collector, server } = await setUp(t, { TRACE_SAMPLE_RATIO: '1', WORKERS: '1' })
  const guest = await openClient(server, { encoding: 'msgpack' })
  t.teardown(() => guest.terminate())
  // What a client writes into its payload is no traceparent, wherever it stands.
  const decoy = { payload: { a: 1 }, traceparent: newTrace().traceparent }
  await guest.request(BROADCAST, { message: decoy })
  const event = await guest.next(({ eventType }) => eventType === BROADCAST)
  const [, traceId = ''] = String(event['traceparent']).split('-')
  const spans = await collector.trace(traceId, 7)
  t.strictSame(showTree(spans), [
    `${BROADCAST} · SERVER · worker-1`,
    `  deliver ${BROADCAST} · CONSUMER · worker-1`,
    `  link broadcast · CLIENT · worker-1`,
    `    primary broadcast · SERVER · primary`,
    `      group commit · INTERNAL · primary`,
    `        store commit · INTERNAL · primary`,
    `  reply · INTERNAL · worker-1`,
  ])
  t.equal(named(spans, BROADCAST).parentSpanId, '', 'it is a root')
})

t.test('REST: what a backend says is one tree with the header traceparent', async (t) => {
  const { collector, server } = await setUp(t, { WORKERS: '1' })
  const guest = await openClient(server)
  t.teardown(() => guest.terminate())
  const post = (body: object, traceparent: string) =>
    fetch(`${server.url}/api/v1/broadcast`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.adminToken}`, traceparent },
      body: JSON.stringify(body),
    })
  const { traceId, traceparent } = newTrace()
  // With an idempotency key it takes another way to the log.
  const said = { namespace: 'guest', message: 'hello', idempotency_key: 'a-key-of-the-test-01' }
  t.equal((await post(said, traceparent)).status, 200)
  t.match(await guest.next(({ eventType }) => eventType === BROADCAST), { traceparent })
  const spans = await collector.trace(traceId, 6)
  t.strictSame(showTree(spans), [
    `POST /api/v1/broadcast · SERVER · worker-1`,
    `  link broadcast · CLIENT · worker-1`,
    `    primary broadcast · SERVER · primary`,
    `      group commit · INTERNAL · primary`,
    `        store commit · INTERNAL · primary`,
    `deliver ${BROADCAST} · CONSUMER · worker-1`,
  ])
  const { attributes } = named(spans, 'POST /api/v1/broadcast')
  t.match(attributes, {
    'http.request.method': 'POST',
    'http.route': '/api/v1/broadcast',
    'http.response.status_code': 200,
  })
  const wrong = newTrace()
  t.equal((await post({ namespace: 'guest' }, wrong.traceparent)).status, 400)
  const [refused] = await collector.trace(wrong.traceId, 1)
  t.match(refused, { error: 'BAD_REQUEST', attributes: { 'http.response.status_code': 400 } })
})

/** That what came before it was exported, if it ever is: spans of a process leave in their order. */
async function fence(collector: TestCollector, client: TestClient): Promise<void> {
  const { traceId, traceparent } = newTrace()
  await client.request(PING, {}, { traceparent })
  await collector.trace(traceId, 2)
}

t.test('who says that it is not sampled is not, whatever the ratio; who says nothing is by the ratio', async (t) => {
  const off = await setUp(t, { TRACE_SAMPLE_RATIO: '0', WORKERS: '1' })
  const on = await setUp(t, { TRACE_SAMPLE_RATIO: '1', WORKERS: '1' })
  for (const { server, collector } of [off, on]) {
    const client = await openClient(server)
    t.teardown(() => client.terminate())
    const unsampled = newTrace(false)
    const reply = await client.request(BROADCAST, { message: 1 }, { traceparent: unsampled.traceparent })
    t.equal(
      (reply as unknown as Record<string, unknown>)['traceparent'],
      unsampled.traceparent,
      'it is carried, though',
    )
    await client.request(PING, {})
    await client.request(PING, {}, { traceparent: 'nonsense' })
    await client.request(PING, {}, { traceparent: `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01` })
    await client.request(PING, {}, { traceparent: `ff-${'1'.repeat(32)}-${'1'.repeat(16)}-01` })
    await fence(collector, client)
    t.strictSame(collector.ofTrace(unsampled.traceId), [])
  }
  t.equal(off.collector.spans.length, 2, 'nothing but the fence')
  const pings = on.collector.spans.filter(({ name, parentSpanId }) => name === PING && parentSpanId === '')
  t.equal(pings.length, 4, 'what cannot be read counts as none')
})

t.test('who has gone before the answer to a join or a leave came leaves a whole tree', async (t) => {
  const { collector, server } = await setUp(t, { WORKERS: '1' })
  for (const [eventType, name] of [
    [JOIN, 'join'],
    [LEAVE, 'leave'],
  ] as const) {
    const client = await openClient(server, { token: server.mint('alice') })
    if (eventType === LEAVE) await client.request(JOIN, { room_id: 'arena' })
    const { traceId, traceparent } = newTrace()
    client.send({ eventType, payload: { room_id: 'arena' }, traceparent })
    await client.close()
    // Its own is the last of a request to end. Where the primary knows first that the client has gone, it refuses.
    const own = () => collector.ofTrace(traceId).find((span) => span.name === eventType)
    t.ok(await until(() => own() !== undefined))
    const isRefused = own()?.error !== undefined
    const spans = await collector.trace(traceId, isRefused ? 3 : 4)
    t.strictSame(showTree(spans), [
      `${eventType} · SERVER · worker-1`,
      `  link ${name} · CLIENT · worker-1`,
      `    primary ${name} · SERVER · primary`,
      ...(isRefused ? [] : ['  reply · INTERNAL · worker-1']),
    ])
  }
})
