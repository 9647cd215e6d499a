import t, { type Test } from 'tap'
import { skipWithout, startEtcd } from '../helpers/etcd.ts'
import { promisedMs } from '../helpers/promised.ts'
import { realTime } from '../helpers/real-time.ts'
import { until } from '../helpers/until.ts'
import { errorOf, openClient, putting, timesPut } from './support.ts'

/** What calls say when the leader or the quorum is lost. etcd ends a request after 5 s and two election times. */

const ARGS = ['--unsafe-no-fsync', '--heartbeat-interval=50', '--election-timeout=250']
const GIVES_UP_MS = { from: 5400, to: 9000 }
const NO_LEADER_MS = 1000

t.jobs = 2

/** How it failed, when etcd had given it its time. */
async function failure(t: Test, call: Promise<unknown>) {
  const startedMs = performance.now()
  const error = await errorOf(call)
  const tookMs = performance.now() - startedMs
  t.ok(tookMs > GIVES_UP_MS.from, `after ${Math.round(tookMs)} ms`)
  promisedMs(t, tookMs, GIVES_UP_MS.to, 'etcd gave it up')
  return { error: error.constructor.name, message: error.message }
}

const TIMED_OUT = {
  error: 'GRPCUnavailableError',
  message:
    /^14 UNAVAILABLE: etcdserver: request timed out(, possibly due to (previous leader failure|connection lost))?$/,
}

/** What comes in place of that, by chance, while there is no leader. */
const GIVEN_UP = {
  '3.5': { error: 'GRPCDeadlineExceededError', message: '4 DEADLINE_EXCEEDED: context deadline exceeded' },
  '3.4': { error: 'GRPCUnknownError', message: '2 UNKNOWN: context deadline exceeded' },
} as const

for (const version of ['3.5', '3.4'] as const) {
  t.test(
    `of three members two are frozen: calls time out, and may be done later (${version})`,
    skipWithout(version),
    async (t) => {
      const etcd = await startEtcd(t, { version, members: 3, args: ARGS })
      const leader = await etcd.leader()
      const [back, stays] = etcd.members.filter((member) => member !== leader)
      if (!back || !stays) throw new Error('there are no three members')
      const client = openClient(t, leader)
      await client.kv.txn(putting('a'))
      back.stop()
      stays.stop()
      const atOnce = failure(t, client.kv.txn(putting('at once')))
      await realTime(NO_LEADER_MS)
      const read = failure(t, client.kv.range({ key: Buffer.from('a') }))
      const later = failure(t, client.kv.txn(putting('later')))
      const early = await errorOf(client.kv.txn(putting('early'), { deadline: Date.now() + 300 }))
      // etcd knows the deadline, too, and is now and then the first to say so.
      if (early.message !== GIVEN_UP[version].message) {
        t.match(early.message, /^4 DEADLINE_EXCEEDED: Deadline exceeded after .*remote_addr=/)
      }
      t.match(await atOnce, TIMED_OUT)
      t.match(await read, TIMED_OUT)
      const lost = await later
      t.match(lost, lost.message === GIVEN_UP[version].message ? GIVEN_UP[version] : TIMED_OUT)
      const { kvs } = await client.kv.range({ key: Buffer.from('a'), serializable: true })
      t.equal(kvs.length, 1, 'reads that may be old are answered')
      back.cont()
      t.ok(await until(async () => (await timesPut(openClient(t, back), 'at once').catch(() => 0)) === 1))
    },
  )

  t.test(
    `the leader freezes: a call through another member is lost, calls behind it are not (${version})`,
    skipWithout(version),
    async (t) => {
      const etcd = await startEtcd(t, { version, members: 3, args: ARGS })
      const leader = await etcd.leader()
      const follower = etcd.members.find((member) => member !== leader)
      if (!follower) throw new Error('there are no three members')
      const client = openClient(t, follower)
      await client.kv.txn(putting('a'))
      leader.stop()
      const atOnce = failure(t, client.kv.txn(putting('at once')))
      await etcd.leader()
      await client.kv.txn(putting('a'), { deadline: Date.now() + 2000 })
      t.match(await atOnce, TIMED_OUT, 'though there is a leader long since')
      t.equal(await timesPut(client, 'at once'), 0)
    },
  )
}
