import t from 'tap'
import { openClient } from '../../helpers/client.ts'
import { startNodes } from '../../helpers/cluster.ts'
import { skipWithout, startEtcd } from '../../helpers/etcd.ts'
import { promisedMs } from '../../helpers/promised.ts'
import type { TestServer } from '../../helpers/server.ts'
import { until } from '../../helpers/until.ts'

const BROADCAST = 'core.game.state.broadcast'
const BUY = 'core.game.state.buy_good'
const QUOTA_BYTES = 16 * 1024 * 1024
const MESSAGE = 'x'.repeat(15_000)

t.test('etcd over its quota is said, reads go on, and it works again', skipWithout('3.5'), async (t) => {
  const etcd = await startEtcd(t, { args: [`--quota-backend-bytes=${QUOTA_BYTES}`] })
  const env = { WORKERS: '1', RATE_BYTES: '1GiB', RATE_MESSAGES: '100000' }
  const [node] = (await startNodes(t, etcd.endpoints, { count: 1, env })) as [TestServer]
  const credit = { currency: 'gold', amount: 1000, idempotency_key: 'funds-of-alice-0000' }
  await node.admin('POST', '/api/v1/players/alice/credit', credit)
  const alice = await openClient(node, { token: node.mint('alice') })
  const buy = (key: string) => alice.request(BUY, { good_id: 'potion', count: 1, idempotency_key: key })

  let accepted = 0
  let refused: Awaited<ReturnType<typeof buy>> | undefined
  let tookMs = 0
  while (!refused && accepted < 5_000) {
    const startedMs = performance.now()
    const reply = await alice.request(BROADCAST, { message: MESSAGE })
    tookMs = performance.now() - startedMs
    if (reply.success) accepted++
    else refused = reply
  }
  t.match(refused, { error: { code: 'UNAVAILABLE', retryable: true } })
  t.ok(accepted > 300, `${accepted} were accepted before`)
  promisedMs(t, tookMs, 1_000, 'it was said')
  t.match(await buy('purchase-number-1'), { success: false, error: { code: 'UNAVAILABLE' } })
  t.match(await node.admin('GET', '/api/v1/players/alice'), { balances: { gold: 1000 }, inventory: {} }, 'reads go on')
  const ready = await fetch(`${node.url}/ready`)
  t.equal(ready.status, 503)
  t.match(await ready.text(), /space/, 'with the reason')
  t.equal(alice.isClosed, false, 'the socket stays')

  // As docs/operate/cluster.md says to.
  const { header } = JSON.parse(await etcd.etcdctl('get', 'x', '-w', 'json')) as { header: { revision: number } }
  await etcd.etcdctl('compact', String(header.revision), '--physical')
  await etcd.etcdctl('defrag')
  await etcd.etcdctl('alarm', 'disarm')
  const freedAtMs = performance.now()
  t.ok(await until(async () => (await buy('purchase-number-1')).success))
  promisedMs(t, performance.now() - freedAtMs, 10_000, 'it worked again')
  t.match(
    await node.admin('GET', '/api/v1/players/alice'),
    { inventory: { potion: 1 } },
    'what was refused was not done',
  )
  await alice.close()
})
