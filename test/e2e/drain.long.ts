import t from 'tap'
import { TestClient, UpgradeRefused } from '../helpers/client.ts'
import { startServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'

t.test('while it drains, an upgrade is refused with 503 and a time', async (t) => {
  const server = await startServer(t, { SHUTDOWN_TIMEOUT: '60s' })
  // A worker that is stopped makes the drain last until it goes on.
  const stuck = server.logs().find((line) => line['msg'] === 'worker ready')
  const pid = Number(stuck?.['pid'])
  process.kill(pid, 'SIGSTOP')
  const stopped = server.stop()
  await until(() => server.logs().some(({ msg }) => msg === 'draining'))
  let isConnected = false
  const refusals: UpgradeRefused[] = []
  const attempts = Array.from({ length: 30 }, () => {
    const client = new TestClient(server.wsUrl, {})
    client.opened.then(
      () => (isConnected = true),
      (error: unknown) => void (error instanceof UpgradeRefused && refusals.push(error)),
    )
    return client
  })
  t.ok(await until(() => refusals.length > 0), 'attempts are answered by the other worker')
  t.notOk(isConnected)
  for (const client of attempts) client.terminate()
  for (const refusal of refusals) {
    t.match(refusal, { status: 503, code: 'DRAINING' })
    t.ok(Number(refusal.headers['retry-after']) >= 1)
  }
  process.kill(pid, 'SIGCONT')
  await stopped
})
