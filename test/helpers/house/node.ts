import { systemClock } from '../../../src/base/clock.ts'
import type { Random } from '../../../src/base/random.ts'
import type { Member } from '../../../src/store/etcd/etcd3.ts'
import { openEtcd } from '../../../src/store/etcd/open-etcd.ts'
import type { MemoryEtcd } from '../memory-etcd.ts'
import { NO_LOG } from '../no-log.ts'

/** The life of the processes of one node. */
export interface Life {
  isOver: boolean
}

/** One of the nodes that share an etcd in memory. */
export interface EtcdNode {
  readonly name: string
  readonly etcd: MemoryEtcd
}

export const TTL_MS = 10_000
const KEPT = { ms: 600_000, bytes: 64 * 1024 * 1024 }

/** The store and the cluster as one life of the node sees them: when it is over, nothing reaches etcd any more. */
export function joinEtcd({ name, etcd }: EtcdNode, life: Life, random: Random): ReturnType<typeof openEtcd> {
  return openEtcd({
    endpoints: [name],
    prefix: '/drumbeat/',
    node: name,
    token: `the token of ${name}`,
    ttlMs: TTL_MS,
    dialTimeoutMs: 1_000,
    startTimeoutMs: 30_000,
    findTlsFault: () => Promise.resolve(undefined),
    retention: KEPT,
    history: KEPT,
    mayCompact: false,
    clock: systemClock,
    random,
    onCall() {},
    log: NO_LOG,
    login: undefined,
    tls: { ca: undefined, cert: undefined, key: undefined },
    onLost: () => {},
    openMember: (endpoint) => ofLife(life, etcd.open(endpoint)),
  })
}

function ofLife(life: Life, member: Member): Member {
  const alive = <Result>(call: () => Promise<Result>): Promise<Result> =>
    life.isOver ? Promise.reject(new Error('the process was killed')) : call()
  return {
    endpoint: member.endpoint,
    txn: (...args) => alive(() => member.txn(...args)),
    range: (...args) => alive(() => member.range(...args)),
    compact: (...args) => alive(() => member.compact(...args)),
    leaseGrant: (...args) => alive(() => member.leaseGrant(...args)),
    leaseRevoke: (...args) => alive(() => member.leaseRevoke(...args)),
    leaseKeepAlive: (...args) => alive(() => member.leaseKeepAlive(...args)),
    watch: (request, handlers) => {
      const onResponse: typeof handlers.onResponse = (response) => {
        if (!life.isOver) handlers.onResponse(response)
      }
      return alive(() => member.watch(request, { ...handlers, onResponse }))
    },
    close: () => member.close(),
  }
}
