/** One real server that stops; the order and the times of it all are tried in test/house/drain.test.ts. */
import t from 'tap'
import { openClient } from '../helpers/client.ts'
import { promisedMs } from '../helpers/promised.ts'
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
  promisedMs(t, performance.now() - startedMs, 10_000, 'it stopped')

  await server.restart()
  const { inventory } = (await server.admin('GET', '/api/v1/players/alice')) as { inventory: { sword: number } }
  t.equal(inventory.sword, done.length, 'what was answered is there, and nothing else')
})
