/** A node that runs out of memory: readers that take nothing fill it, and it gives itself room before the kernel would. */
import t from 'tap'
import { openClient, UpgradeRefused, type TestClient } from '../helpers/client.ts'
import { realTime } from '../helpers/real-time.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'
import { metricOf } from '../prove/server-vitals.ts'

const BROADCAST = 'core.game.state.broadcast'
const SEND_MESSAGE = 'core.game.state.send_message'
const BUY = 'core.game.state.buy_good'
const SLOW = 20
const PADDING = 'x'.repeat(12_000)

const ROOMY = {
  WORKERS: '1',
  HISTORY_BYTES: '8MiB',
  BACKPRESSURE_BYTES: '256MiB',
  // Who takes nothing answers no ping either, and filling takes minutes on a slow machine.
  SOCKET_READ_TIMEOUT: '600s',
  SOCKET_WRITE_TIMEOUT: '600s',
  RATE_MESSAGES: '100000',
  RATE_BYTES: '1GiB',
}
const server = await startServer(t, { ...ROOMY, MEMORY_LIMIT: '450MiB' })
const said = (text: string) => server.output().includes(text)
const readiness = async () => {
  const response = await fetch(`${server.url}/ready`)
  const { parts } = (await response.json()) as { parts: readonly { part: string; ok: boolean; reason?: string }[] }
  return { status: response.status, memory: parts.find(({ part }) => part === 'memory') }
}
const knock = () =>
  openClient(server).then(
    (client) => client.close(),
    (refusal: unknown) => refusal,
  )

t.test('it refuses who is new, closes who reads slowest, keeps what it acknowledged, and recovers', async (t) => {
  t.match(await readiness(), { status: 200, memory: { ok: true, reason: / of 450 MiB/ } })
  await server.admin('POST', '/api/v1/players/alice/credit', {
    currency: 'gold',
    amount: 1_000_000,
    idempotency_key: 'credit-before-memory-is-short',
  })
  const alice = await openClient(server, { token: server.mint('alice') })
  const reader = await openClient(server, { token: server.mint('reader') })
  const slow = await openSlow(server)
  t.teardown(() => [alice, reader, ...slow].forEach((client) => client.terminate()))

  const kept = { broadcasts: [] as number[], bought: 0 }
  const fillUntil = (text: string) => fill(alice, kept, () => said(text))
  await fillUntil('short of memory: new connections are refused')
  let refusal: unknown
  await until(async () => (refusal = await knock()) instanceof UpgradeRefused)
  t.ok(refusal instanceof UpgradeRefused && refusal.status === 503 && refusal.code === 'OVERLOADED', String(refusal))
  t.ok(refusal instanceof UpgradeRefused && Number(refusal.headers['retry-after']) >= 2, 'with a time to come back')
  t.match(await readiness(), { status: 503, memory: { ok: false, reason: /new connections are refused/ } })
  t.ok(((await metricOf(server, 'drumbeat_memory_short'))[0] ?? 0) >= 1)

  await fillUntil('nearly out of memory')
  t.ok(
    await until(async () => (await metricOf(server, 'drumbeat_slow_consumers_total')).some((count) => count > 0)),
    'some are closed',
  )
  t.ok(await until(async () => (await readiness()).status === 200), 'and that helps')
  t.ok(said('enough memory again'))
  t.notOk((await knock()) instanceof Error, 'who is new is taken')

  t.notOk(reader.isClosed, 'who reads is not closed')
  const heard = () =>
    reader.events.flatMap(({ eventType, payload }) => (eventType === BROADCAST ? [payload?.['message']] : []))
  await until(() => heard().length >= kept.broadcasts.length)
  t.strictSame(heard(), kept.broadcasts, 'and has each broadcast that was acknowledged')
  const { inventory } = (await server.admin('GET', '/api/v1/players/alice')) as { inventory: { sword: number } }
  t.equal(inventory.sword, kept.bought, 'purchases, too')
  t.notOk(said('worker died'))
})

t.test('a heap that is nearly full costs the slowest readers their connections, and not the worker', async (t) => {
  await server.stop()
  const small = await startServer(t, { ...ROOMY, MEMORY_LIMIT: 'off', NODE_OPTIONS: '--max-old-space-size=160' })
  const alice = await openClient(small, { token: small.mint('alice') })
  const slow = await openSlow(small)
  t.teardown(() => [alice, ...slow].forEach((client) => client.terminate()))
  const isSaid = () => small.output().includes('the heap is nearly full') || small.output().includes('worker died')
  await fill(alice, { broadcasts: [], bought: 0 }, isSaid)
  t.notMatch(small.output(), 'worker died')
  t.ok(await until(async () => (await metricOf(small, 'drumbeat_slow_consumers_total')).some((count) => count > 0)))
  t.notOk(alice.isClosed)
})

/** Who takes nothing, `slow-0` and so on. */
async function openSlow(server: TestServer): Promise<readonly TestClient[]> {
  const open = (_: unknown, i: number) => openClient(server, { token: server.mint(`slow-${i}`) })
  const slow = await Promise.all(Array.from({ length: SLOW }, open))
  for (const { ws } of slow) ws.pause()
  return slow
}

/** Messages for those who do not read, a broadcast and a purchase now and then; `kept` is what was acknowledged of these. */
async function fill(alice: TestClient, kept: { broadcasts: number[]; bought: number }, isFull: () => boolean) {
  for (let i = 0; !isFull(); i++) {
    const messages = Array.from({ length: SLOW }, (_, to) =>
      alice.request(SEND_MESSAGE, { target_user_id: `slow-${to}`, text: PADDING }),
    )
    const n = kept.broadcasts.length
    if ((await alice.request(BROADCAST, { message: n })).success) kept.broadcasts.push(n)
    if (i % 20 === 0 && (await alice.request(BUY, { good_id: 'sword', count: 1 })).success) kept.bought++
    await Promise.all(messages)
    await realTime(2)
  }
}
