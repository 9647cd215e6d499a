import t from 'tap'
import { openClient, UpgradeRefused } from '../helpers/client.ts'
import { startServer, type TestServer } from '../helpers/server.ts'

const BUY = 'core.game.state.buy_good'

function credit(server: TestServer): Promise<unknown> {
  const idempotency_key = 'credit-before-the-drain'
  return server.admin('POST', '/api/v1/players/alice/credit', { currency: 'gold', amount: 1_000_000, idempotency_key })
}

t.test('SIGTERM answers what was asked, says when to come back, closes with 4000 and exits with 0', async (t) => {
  const server = await startServer(t)
  await credit(server)
  const clients = await Promise.all(Array.from({ length: 20 }, () => openClient(server)))
  const alice = await openClient(server, { token: server.mint('alice') })
  const purchases = Promise.all(Array.from({ length: 200 }, () => alice.request(BUY, { good_id: 'sword', count: 1 })))
  await alice.reply('r1')
  const startedMs = performance.now()
  const stopped = server.stop()
  const replies = await purchases
  const done = replies.filter(({ success }) => success)
  t.ok(done.length > 0 && replies.every(({ success, error }) => success || error?.code === 'DRAINING'))
  t.ok(replies.every(({ success, error }) => success || Number(error?.details?.['retry_after_ms']) > 0))

  const delays = new Set<number>()
  for (const client of [...clients, alice]) {
    const { code, reason } = await client.closed
    t.equal(code, 4000)
    delays.add((JSON.parse(reason) as { retry_after_ms: number }).retry_after_ms)
    t.equal(client.frames.filter(({ eventType }) => eventType === 'core.game.session.draining').length, 1)
  }
  t.ok(delays.size > 5, 'the returns are spread')
  await stopped
  t.ok(performance.now() - startedMs < 10_000)

  await server.restart()
  const { inventory } = (await server.admin('GET', '/api/v1/players/alice')) as { inventory: { sword: number } }
  t.equal(inventory.sword, done.length, 'what was answered is there, and nothing else')
})

t.test('while it drains, an upgrade is refused with 503 and a time', async (t) => {
  const server = await startServer(t, { SHUTDOWN_TIMEOUT: '4s' })
  // A worker that is stopped makes the drain last until its time is over.
  const stuck = server.logs().find((line) => line['msg'] === 'worker ready')
  process.kill(Number(stuck?.['pid']), 'SIGSTOP')
  const stopped = server.stop()
  await new Promise((resolve) => setTimeout(resolve, 300))
  const attempts = Array.from({ length: 30 }, () => openClient(server, { ws: { handshakeTimeout: 1000 } }))
  const outcomes = await Promise.allSettled(attempts)
  const reasons = outcomes.map((outcome) => (outcome.status === 'rejected' ? (outcome.reason as unknown) : 'connected'))
  t.notOk(reasons.includes('connected'))
  const refusals = reasons.filter((reason) => reason instanceof UpgradeRefused)
  t.ok(refusals.length > 0, `${refusals.length} attempts were answered by the other worker`)
  for (const refusal of refusals) {
    t.match(refusal, { status: 503, code: 'DRAINING' })
    t.ok(Number(refusal.headers['retry-after']) >= 1)
  }
  await stopped
})
