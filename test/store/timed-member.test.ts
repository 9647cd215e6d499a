import t from 'tap'
import { systemClock as clock } from '../../src/base/clock.ts'
import { openMember } from '../../src/store/etcd/etcd3.ts'
import { timedMember, type CallEnd } from '../../src/store/etcd/timed-member.ts'

t.test('a call to an etcd that is not there is timed, counted as failed, and fails as before', async (t) => {
  const ends: CallEnd[] = []
  const options = { clock, login: undefined, tls: { ca: undefined, cert: undefined, key: undefined } }
  // Port 1: nobody listens there.
  const member = timedMember(openMember('http://127.0.0.1:1', options), clock, (end) => void ends.push(end))
  t.teardown(() => member.close())
  await t.rejects(member.range({ key: Buffer.from('a') }, 200))
  await t.rejects(member.txn({ compare: [], success: [], failure: [] }, 200))
  await t.rejects(member.leaseKeepAlive('1', 200))
  t.match(ends, [
    { call: 'range', failed: true },
    { call: 'txn', failed: true },
    { call: 'lease_keep_alive', failed: true },
  ])
  t.ok(ends.every(({ durationMs }) => durationMs >= 0))
  t.equal(member.endpoint, 'http://127.0.0.1:1')
})
