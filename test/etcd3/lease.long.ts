import { EtcdLeaseInvalidError, type Etcd3, type Lease } from 'etcd3'
import t, { type Test } from 'tap'
import { skipWithout, startEtcd } from '../helpers/etcd.ts'
import { promised, promisedMs } from '../helpers/promised.ts'
import { startProxy } from '../helpers/tcp-proxy.ts'
import { until } from '../helpers/until.ts'
import { errorOf, FAST, openClient } from './support.ts'

/** When a lease is lost, and when the library says so. The shortest that etcd gives with its default election time. */
const TTL_S = 2
const TTL_MS = 1000 * TTL_S
/** What the library adds to twice the TTL: its attempts, one after the other. */
const LATE_MS = 1000

t.jobs = 3

/** A lease with a key, kept alive by the library; its times are in milliseconds, undefined until then. */
async function keep(t: Test, client: Etcd3) {
  const lease: Lease = client.lease(TTL_S)
  t.teardown(() => lease.release())
  const times: { renewed?: number; lost?: number } = {}
  lease.on('keepaliveSucceeded', () => (times.renewed = performance.now()))
  lease.on('lost', () => (times.lost ??= performance.now()))
  await lease.put('leased').value('value')
  t.ok(await until(() => times.renewed !== undefined))
  const isLostLate = async () => {
    t.ok(await until(() => times.lost !== undefined))
    const tookMs = (times.lost ?? NaN) - (times.renewed ?? NaN)
    t.ok(tookMs > 2 * TTL_MS, `lost after ${tookMs} ms`)
    promisedMs(t, tookMs, 2 * TTL_MS + LATE_MS)
  }
  return { lease, times, isLostLate }
}

const isThere = async (client: Etcd3) => (await client.get('leased').string()) !== null

async function timeLeft(t: Test, client: Etcd3, id: string): Promise<readonly string[]> {
  const answers: string[] = []
  const stream = await client.leaseClient.leaseKeepAlive()
  t.teardown(() => stream.cancel())
  stream.on('data', ({ TTL }) => answers.push(TTL))
  stream.on('error', () => {}) // its own cancelling is one
  stream.write({ ID: id })
  t.ok(await until(() => answers.length > 0))
  return answers
}

t.test(
  'the library says that a lease is lost after twice its time, when its key is long gone',
  skipWithout('3.5'),
  async (t) => {
    const { member } = await startEtcd(t, FAST)
    const proxy = await startProxy(t, member.port)
    const { times, isLostLate } = await keep(t, openClient(t, proxy, { faultHandling: {} }))
    const direct = openClient(t, member)
    proxy.refuse(true)
    proxy.cutAll()
    t.ok(await until(async () => !(await isThere(direct))))
    promised(t, times.lost === undefined, 'the library does not say so yet')
    await isLostLate()
  },
)

t.test('it takes as long when the member is frozen, whose key goes when it goes on', skipWithout('3.5'), async (t) => {
  const { member } = await startEtcd(t, FAST)
  const { isLostLate } = await keep(t, openClient(t, member, { faultHandling: {} }))
  member.stop()
  await isLostLate()
  member.cont()
  const direct = openClient(t, member)
  t.ok(await until(async () => !(await isThere(direct))))
})

for (const version of ['3.5', '3.4'] as const) {
  t.test(
    `a keepalive, one write and one answer, says 0 for a lease that is no more (${version})`,
    skipWithout(version),
    async (t) => {
      const { member } = await startEtcd(t, { version, ...FAST })
      const client = openClient(t, member)
      const { ID } = await client.leaseClient.leaseGrant({ TTL: TTL_S })
      t.strictSame(await timeLeft(t, client, ID), [String(TTL_S)])
      const grantedMs = performance.now()
      const isGone = async () => (await client.leaseClient.leaseTimeToLive({ ID })).TTL === '-1'
      t.ok(await until(isGone))
      t.ok(performance.now() - grantedMs >= TTL_MS - 100, 'it lives as long as it says')
      t.strictSame(await timeLeft(t, client, ID), ['0'])
      t.strictSame(await timeLeft(t, client, '1'), ['0'], 'as for one that never was')
      t.ok((await errorOf(client.leaseClient.leaseRevoke({ ID }))) instanceof EtcdLeaseInvalidError)
    },
  )

  t.test(
    `a lease is longer than asked where that is too short for an election (${version})`,
    skipWithout(version),
    async (t) => {
      const { member } = await startEtcd(t, { version, ...FAST })
      const { TTL } = await openClient(t, member).leaseClient.leaseGrant({ TTL: 1 })
      t.equal(TTL, '2')
    },
  )
}
