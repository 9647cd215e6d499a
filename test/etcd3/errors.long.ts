import type { Etcd3 } from 'etcd3'
import t, { type Test } from 'tap'
import { skipWithout, startEtcd, type TestEtcd } from '../helpers/etcd.ts'
import { startProxy, type TcpProxy } from '../helpers/tcp-proxy.ts'
import { promisedMs } from '../helpers/promised.ts'
import { realTime } from '../helpers/real-time.ts'
import { until } from '../helpers/until.ts'
import { CUT, errorOf, FAST, openClient, putting, timesPut } from './support.ts'

/**
 * What a call that is made once fails with, and whether it was done all the same. Where two rows say the same and one of
 * them was done, nobody can know; the others are certain.
 */
interface Row {
  readonly when: string
  readonly error: string
  readonly message: RegExp
  readonly done: boolean
  /** Makes `txn`, or one of its own, fail. */
  readonly provoke: (bench: Bench) => Promise<unknown>
}

interface Bench {
  readonly t: Test
  readonly etcd: TestEtcd
  readonly proxy: TcpProxy
  /** Of this row. */
  readonly key: string
  /** Of this row, through the proxy, not connected yet. */
  readonly client: Etcd3
  readonly direct: Etcd3
  /** Puts the key of this row, with the client of this row. */
  readonly txn: (options?: { readonly deadline?: number }) => Promise<unknown>
}

const DEADLINE_MS = 300
const soon = () => ({ deadline: Date.now() + DEADLINE_MS })
const far = () => ({ deadline: Date.now() + 10_000 })

const NEVER_SENT: readonly Row[] = [
  {
    when: 'nobody listens',
    error: 'GRPCUnavailableError',
    message: /^14 UNAVAILABLE: No connection established\. Last error: Error: connect ECONNREFUSED 127\.0\.0\.1:9\. /,
    done: false,
    provoke: ({ t, key }) => openClient(t, { endpoint: 'http://127.0.0.1:9' }).kv.txn(putting(key), far()),
  },
  {
    when: 'the host has no address',
    error: 'GRPCUnavailableError',
    message: /^14 UNAVAILABLE: Name resolution failed for target dns:no-such-host\.invalid:2379$/,
    done: false,
    provoke: ({ t, key }) =>
      openClient(t, { endpoint: 'http://no-such-host.invalid:2379' }).kv.txn(putting(key), far()),
  },
  {
    when: 'connections are accepted and closed',
    error: 'GRPCUnavailableError',
    message: /^14 UNAVAILABLE: No connection established\. Last error: Failed to connect \(.*\)\. /,
    done: false,
    async provoke({ proxy, txn }) {
      proxy.refuse(true)
      await txn(far())
    },
  },
  {
    when: 'the deadline comes before a connection',
    error: 'GRPCDeadlineExceededError',
    message: /^4 DEADLINE_EXCEEDED: Deadline exceeded after 0\.\d+s,.*Waiting for LB pick$/,
    done: false,
    async provoke({ proxy, txn }) {
      proxy.pause()
      await txn(soon())
    },
  },
  {
    when: 'the deadline is over before the call',
    error: 'GRPCDeadlineExceededError',
    message: /^4 DEADLINE_EXCEEDED: Deadline exceeded after 0\.00\ds,waiting for name resolution$/,
    done: false,
    provoke: ({ txn }) => txn({ deadline: Date.now() - 1 }),
  },
  {
    when: 'another call fails while this one waits for the same connection',
    error: 'GRPCUnavailableError',
    message: /^14 UNAVAILABLE: Channel closed before call started$/,
    done: false,
    async provoke({ proxy, client, txn }) {
      proxy.pause()
      const waiting = txn(far())
      waiting.catch(() => {}) // looked at below
      await errorOf(client.kv.txn(putting('another'), soon()))
      await waiting
    },
  },
  {
    when: 'the client is closed',
    error: 'ClientClosedError',
    message: /^Tried to call a KV method on etcd3, but the client was already closed$/,
    done: false,
    provoke({ client, txn }) {
      client.close()
      return txn(far())
    },
  },
]

const UNKNOWN: readonly Row[] = [
  {
    when: 'the connection is cut before it has the request',
    error: 'GRPCUnavailableError',
    message: CUT,
    done: false,
    async provoke({ proxy, client, key, txn }) {
      await client.kv.txn(putting('connect'))
      proxy.onClientBytes = (chunk, connection) => chunk.includes(key) && connection.cut(false)
      await txn(far())
    },
  },
  {
    when: 'the connection is cut behind the request',
    error: 'GRPCUnavailableError',
    message: CUT,
    done: true,
    async provoke({ proxy, client, key, txn }) {
      await client.kv.txn(putting('connect'))
      proxy.onClientBytes = (chunk, connection) => chunk.includes(key) && connection.cut(true)
      await txn(far())
    },
  },
  {
    when: 'etcd is killed under it',
    error: 'GRPCUnavailableError',
    message: CUT,
    done: false,
    async provoke({ t, etcd, key }) {
      const client = openClient(t, etcd.member)
      await client.kv.txn(putting('connect'))
      etcd.member.stop()
      const running = client.kv.txn(putting(key), far())
      running.catch(() => {}) // looked at below
      await realTime(100)
      await etcd.member.restart()
      await running
    },
  },
  {
    when: 'the deadline comes while the request is on its way',
    error: 'GRPCDeadlineExceededError',
    message: /^4 DEADLINE_EXCEEDED: Deadline exceeded after 0\.\d+s,.*remote_addr=127\.0\.0\.1:\d+$/,
    done: false,
    async provoke({ proxy, client, txn }) {
      await client.kv.txn(putting('connect'))
      proxy.pause()
      await txn(soon())
    },
  },
  {
    when: 'the deadline comes while the answer is on its way',
    error: 'GRPCDeadlineExceededError',
    message: /^4 DEADLINE_EXCEEDED: Deadline exceeded after 0\.\d+s,.*remote_addr=127\.0\.0\.1:\d+$/,
    done: true,
    async provoke({ proxy, client, key, txn }) {
      await client.kv.txn(putting('connect'))
      // What the hook is called with still goes on.
      proxy.onClientBytes = (chunk) => chunk.includes(key) && proxy.pause()
      await txn(soon())
    },
  },
]

const REFUSED: readonly Row[] = [
  {
    when: 'the request is larger than 1.5 MB',
    error: 'GRPCInvalidArgumentError',
    message: /^3 INVALID_ARGUMENT: etcdserver: request is too large$/,
    done: false,
    provoke: ({ client, key }) =>
      client.kv.txn({ success: [{ request_put: { key: Buffer.from(key), value: Buffer.alloc(1_600_000) } }] }),
  },
  {
    when: 'it has more than 128 operations',
    error: 'GRPCInvalidArgumentError',
    message: /^3 INVALID_ARGUMENT: etcdserver: too many operations in txn request$/,
    done: false,
    provoke: ({ client, key }) =>
      client.kv.txn({
        success: Array.from({ length: 129 }, (_, i) => ({
          request_put: { key: Buffer.from(i === 0 ? key : `${key}${i}`), value: Buffer.from('value') },
        })),
      }),
  },
  {
    when: 'it puts a key twice',
    error: 'GRPCInvalidArgumentError',
    message: /^3 INVALID_ARGUMENT: etcdserver: duplicate key given in txn request$/,
    done: false,
    provoke: ({ client, key }) => client.kv.txn({ success: [...putting(key).success, ...putting(key).success] }),
  },
  {
    when: 'its lease is no more, behind a put that has none',
    error: 'EtcdLeaseInvalidError',
    message: /^Lease 5 NOT_FOUND: etcdserver: requested lease not found is expired or revoked$/,
    done: false,
    provoke: ({ client, key }) =>
      client.kv.txn({
        success: [
          ...putting(key).success,
          { request_put: { key: Buffer.from(`${key}-leased`), value: Buffer.from('value'), lease: '123' } },
        ],
      }),
  },
  {
    when: 'it reads a revision that is compacted, behind a put',
    error: 'GRPCOutOfRangeError',
    message: /^11 OUT_OF_RANGE: etcdserver: mvcc: required revision has been compacted$/,
    done: false,
    async provoke({ client, key }) {
      const { header } = await client.kv.txn(putting('compact'))
      await client.kv.compact({ revision: header.revision })
      const read = { request_range: { key: Buffer.from('compact'), revision: 1 } }
      await client.kv.txn({ success: [...putting(key).success, read] })
    },
  },
  {
    when: 'etcd has no space left',
    error: 'GRPCResourceExhastedError',
    message: /^8 RESOURCE_EXHAUSTED: etcdserver: mvcc: database space exceeded$/,
    done: false,
    async provoke({ t, direct, txn }) {
      const memberID = (await direct.kv.range({ key: Buffer.from('a') })).header.member_id
      const alarm = (action: 'Activate' | 'Deactivate') =>
        direct.maintenance.alarm({ memberID, action, alarm: 'Nospace' })
      await alarm('Activate')
      t.teardown(async () => void (await alarm('Deactivate')))
      await txn(far())
    },
  },
]

t.jobs = 2

for (const version of ['3.5', '3.4'] as const) {
  t.test(`what a call fails with, with etcd ${version}`, skipWithout(version), async (t) => {
    const etcd = await startEtcd(t, { version, ...FAST })
    const direct = openClient(t, etcd.member)
    for (const [known, rows] of [
      ['was never sent', NEVER_SENT],
      ['was sent', UNKNOWN],
      ['was refused', REFUSED],
    ] as const) {
      for (const { when, error: expected, message, done, provoke } of rows) {
        await t.test(`${known}, ${done ? 'done' : 'not done'}: ${when}`, async (t) => {
          const proxy = await startProxy(t, etcd.member.port)
          const client = openClient(t, proxy)
          const key = `key of: ${when}`
          const txn = (options?: { readonly deadline?: number }) => client.kv.txn(putting(key), options)
          const error = await errorOf(provoke({ t, etcd, proxy, key, client, direct, txn }))
          // The answer was lost, and so nobody knows when: only then may etcd learn that the connection is.
          if (done) await until(async () => (await timesPut(direct, key)) === 1)
          proxy.cutAll()
          t.equal(error.constructor.name, expected)
          t.match(error.message, message)
          t.notHas(error, { code: Number }, 'the code of gRPC is in the message only')
          t.equal(await timesPut(direct, key), done ? 1 : 0)
        })
      }
    }
  })

  t.test(
    `without a deadline a call to a member that is frozen hangs, and ends when it goes on (${version})`,
    skipWithout(version),
    async (t) => {
      const { member } = await startEtcd(t, { version, ...FAST })
      const client = openClient(t, member)
      await client.kv.txn(putting('a'))
      member.stop()
      let ended = false
      const hanging = client.kv.txn(putting('a')).finally(() => (ended = true))
      const startedMs = performance.now()
      await errorOf(client.kv.txn(putting('a'), { deadline: Date.now() + 500 }))
      const tookMs = performance.now() - startedMs
      t.ok(tookMs > 490, `one with a deadline of 500 ms ended after ${tookMs} ms`)
      promisedMs(t, tookMs, 1_000)
      await realTime(2500)
      t.equal(ended, false, 'after 3 s')
      member.cont()
      await hanging
    },
  )
}
