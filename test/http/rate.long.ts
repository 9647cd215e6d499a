/** Requests per second and address, against a real server over real sockets. */
import t from 'tap'
import { RawConnection, requestHead, sendRaw, WEBSOCKET_KEY, type HttpResponse } from '../helpers/raw.ts'
import { startServer, type TestServer } from '../helpers/server.ts'

const PROXY = '127.0.0.9'
const RATE = 1
const BURST = 4 * RATE
const NO_UPGRADE = { upgrade: undefined, connection: undefined, 'sec-websocket-key': undefined }

/** A request that is no upgrade, over a connection from that address. */
async function get(
  server: TestServer,
  path: string,
  { from = '127.0.0.1', headers = {} }: { from?: string; headers?: Record<string, string> } = {},
): Promise<HttpResponse | undefined> {
  const connection = new RawConnection(server.port, from)
  connection.write(requestHead({ path, headers: { ...NO_UPGRADE, ...headers } }))
  try {
    return await connection.response()
  } finally {
    connection.end()
  }
}

async function statuses(count: number, ask: () => Promise<HttpResponse | undefined>): Promise<number[]> {
  const answers = await Promise.all(Array.from({ length: count }, ask))
  return answers.map((answer) => answer?.status ?? 0)
}

/** Asks as often as it takes until one is refused, and gives that one: on a slow machine an address may have some to spare again. */
async function refusalOf(ask: () => Promise<HttpResponse | undefined>): Promise<HttpResponse> {
  for (;;) {
    const answers = await Promise.all(Array.from({ length: 2 * BURST }, ask))
    const refusal = answers.find((answer) => answer?.status === 429)
    if (refusal) return refusal
  }
}

/** Most are refused, and those that are not are the burst and what the rate gave meanwhile. */
async function isLimited(t: Tap, asking: Promise<readonly number[]>, served = 200): Promise<void> {
  const startedMs = performance.now()
  const all = await asking
  const takenMax = BURST + (RATE * (performance.now() - startedMs)) / 1_000 + 1
  const taken = all.filter((status) => status === served).length
  t.ok(taken >= BURST && taken <= takenMax, `${taken} of ${all.length} were taken`)
  t.equal(all.filter((status) => status === 429).length, all.length - taken, 'and all others refused')
}
type Tap = Pick<typeof t, 'ok' | 'equal'>

t.test('requests over the rate of their address are refused before anything else', async (t) => {
  const server = await startServer(t, {
    WORKERS: '1',
    HTTP_RATE_PER_ADDRESS: String(RATE),
    CONNECT_RATE_PER_ADDRESS: '1000',
    TRUSTED_PROXIES: PROXY,
  })
  // Each from an address of its own.
  await isLimited(
    t,
    statuses(3 * BURST, () => get(server, '/ready', { from: '127.0.2.1' })),
  )
  await isLimited(
    t,
    statuses(3 * BURST, () => get(server, '/nothing', { from: '127.0.2.2' })),
    404,
  )
  await isLimited(
    t,
    statuses(3 * BURST, () => get(server, '/api/v1/config', { from: '127.0.2.3' })),
    401,
  )
  const path = '/core/game/v1/real-time/public'
  await isLimited(
    t,
    statuses(3 * BURST, () => get(server, path, { from: '127.0.2.4' })),
    426,
  )

  const refused = await refusalOf(() => get(server, '/api/v1/goods?limit=1000', { from: '127.0.2.1' }))
  t.match(refused, { status: 429, headers: { 'retry-after': '1' } })
  const { error } = JSON.parse(refused.body) as { error: { details: { retry_after_ms: number } } }
  t.match(error, { code: 'RATE_LIMITED', retryable: true })
  t.ok(error.details.retry_after_ms > 0 && error.details.retry_after_ms <= 1000)

  const upgrade = { upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-key': WEBSOCKET_KEY }
  await refusalOf(() => get(server, '/ready', { from: '127.0.2.1', headers: upgrade }))
  t.pass('an upgrade that is for no socket is a request')
  const socket = await get(server, path, { from: '127.0.2.1', headers: upgrade })
  t.equal(socket?.status, 101, 'one that is has a rate of its own')
  t.strictSame(
    new Set(await statuses(3 * BURST, () => get(server, '/health', { from: '127.0.2.1' }))),
    new Set([200]),
    'and health is exempt',
  )
})

t.test('behind a trusted proxy it is the address of the client itself', async (t) => {
  const server = await startServer(t, { HTTP_RATE_PER_ADDRESS: '1', WORKERS: '1', TRUSTED_PROXIES: PROXY })
  const as = (client: string, from: string) => () =>
    get(server, '/api/v1/goods', { from, headers: { 'x-forwarded-for': client } })
  t.ok((await statuses(20, as('203.0.113.1', PROXY))).includes(429))
  t.equal((await as('203.0.113.2', PROXY)())?.status, 200, 'another client of the same proxy')
  let client = 0
  const inventing = await statuses(20, () => as(`203.0.113.${++client}`, '127.0.2.9')())
  t.ok(inventing.includes(429), 'and nobody else is believed')
})

t.test('loopback is exempt unless the rate is set', async (t) => {
  const server = await startServer(t, { WORKERS: '1' })
  const all = await statuses(1200, () => sendRaw(server, requestHead({ path: '/console/none', headers: NO_UPGRADE })))
  t.strictSame(new Set(all), new Set([404]), 'more than the burst of 800')
})
