import t from 'tap'
import { skipWithout, startEtcd } from '../helpers/etcd.ts'
import { promisedMs } from '../helpers/promised.ts'
import { startProxy } from '../helpers/tcp-proxy.ts'
import { until } from '../helpers/until.ts'
import { FAST, openClient } from './support.ts'

/** In a file of its own, as it sets the clock of its process. */

const TTL_S = 2

t.test(
  'the library goes by the wall clock: when that leaps, a cut loses a lease just renewed',
  skipWithout('3.5'),
  async (t) => {
    const { member } = await startEtcd(t, FAST)
    const proxy = await startProxy(t, member.port)
    const lease = openClient(t, proxy, { faultHandling: {} }).lease(TTL_S)
    t.teardown(() => lease.release())
    let renewedMs: number | undefined
    let lostMs: number | undefined
    lease.on('keepaliveSucceeded', () => (renewedMs = performance.now()))
    lease.on('lost', () => (lostMs ??= performance.now()))
    await lease.put('leased').value('value')
    t.ok(await until(() => renewedMs !== undefined))
    t.capture(
      Date,
      'now',
      (
        (now) => () =>
          now() + 60_000
      )(Date.now),
    )
    proxy.cutAll()
    t.ok(await until(() => lostMs !== undefined))
    promisedMs(t, (lostMs ?? NaN) - (renewedMs ?? NaN), 1_000 * TTL_S)
    t.equal(await openClient(t, member).get('leased').string(), 'value', 'etcd has it')
  },
)
