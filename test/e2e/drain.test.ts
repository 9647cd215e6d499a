import t from 'tap'
import { openClient, UpgradeRefused } from '../helpers/client.ts'
import { startServer } from '../helpers/server.ts'

const BUY = 'core.game.state.buy_good'

t.test('SIGTERM answers what was asked, says when to come back, closes with 4000 and exits with 0', async (t) => {
  const server = await startServer(t)
  await server.admin('POST', '/api/v1/players/alice/credit', {
    currency: 'gold',
    amount: 1_000_000,
    idempotency_key: 'credit-before-the-drain',
  })
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
  const server = await startServer(t)
  const alice = await openClient(server, { token: server.mint('alice') })
  // Enough to do that the drain lasts for a moment; an attempt that comes after it finds the port closed.
  const busy = Promise.all(Array.from({ length: 1000 }, () => alice.request(BUY, { good_id: 'sword', count: 1 })))
  await alice.reply('r1')
  const stopped = server.stop()
  const refusals: UpgradeRefused[] = []
  for (let i = 0; i < 50; i++) {
    const attempts = Array.from({ length: 5 }, () => openClient(server).then((client) => client.terminate()))
    const outcomes = await Promise.allSettled(attempts)
    const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []))
    refusals.push(...errors.filter((error) => error instanceof UpgradeRefused))
    if (errors.some((error) => !(error instanceof UpgradeRefused))) break
  }
  await Promise.all([stopped, busy])
  t.ok(refusals.length > 0, `${refusals.length} attempts met the drain`)
  for (const refusal of refusals) {
    t.equal(refusal.status, 503)
    t.equal(refusal.code, 'DRAINING')
    t.ok(Number(refusal.headers['retry-after']) >= 1)
  }
})
