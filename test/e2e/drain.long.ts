import t from 'tap'
import { openClient, UpgradeRefused } from '../helpers/client.ts'
import { startServer } from '../helpers/server.ts'

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
