import type { Test } from 'tap'
import type { Channel } from '../../../src/protocol/ids.ts'
import { openTestNode } from '../../helpers/etcd-node.ts'
import { startEtcd } from '../../helpers/etcd.ts'
import { startProxy, type TcpProxy } from '../../helpers/tcp-proxy.ts'
import { toFollower } from '../../helpers/follower.ts'
import { until } from '../../helpers/until.ts'
import { realTime } from '../../helpers/real-time.ts'

const CHANNEL = 'n/private' as Channel
const COMMITS_AT_ONCE = 4
/** Retention so short that the caretaker compacts every 100 ms, up to what every node has seen. */
const SHORT_RETENTION = { ms: 300, bytes: 1e12 }
/** A node that is taken for dead is not waited for by what compacts; on a slow machine one that is cut off so often might be. */
const TTL_MS = 60_000

export interface FaultOptions {
  readonly revisions: number
  readonly eventsPerBatch: number
  /** Between two cuts of the follower's connections; half of them come before the first event of a new watch. */
  readonly cutEveryMs: number
}

/**
 * One node writes while another follows through a proxy that cuts it off, again and again, and a caretaker compacts. The
 * follower must get each event once, in order.
 */
export async function followUnderFaults(t: Test, options: FaultOptions): Promise<void> {
  const { endpoints, etcdctl, member } = withCtl(await startEtcd(t))
  const proxy = await startProxy(t, Number(new URL(member.endpoint).port))
  const common = { retention: SHORT_RETENTION, ttlMs: TTL_MS, onLost: (reason: string) => t.fail(reason) }
  const writer = await openTestNode(t, { ...common, endpoints, node: 'writer' })
  const reader = await openTestNode(t, { ...common, endpoints: [proxy.endpoint], node: 'reader' })
  await writer.store.follow(toFollower(() => {}))
  await writer.cluster.follow({
    onShard: () => {},
    onNodeGone: () => {},
    onTakenForDead: () => {},
    onClaim: () => {},
    onClaimLost: () => {},
  })
  const seen = new Map<number, number>()
  let last = 0
  let outOfOrder = 0
  await reader.store.follow(
    toFollower(({ offset, records }) => {
      records.forEach(({ body }, i) => {
        if (offset + i <= last) outOfOrder++
        last = offset + i
        const number = Number(Buffer.from(body).toString())
        seen.set(number, (seen.get(number) ?? 0) + 1)
      })
    }),
  )
  await reader.cluster.follow({
    onShard: () => {},
    onNodeGone: () => {},
    onTakenForDead: () => {},
    onClaim: () => {},
    onClaimLost: () => {},
  })
  const cutting = cutAgainAndAgain(proxy, options.cutEveryMs)
  const total = options.revisions * options.eventsPerBatch
  let next = 0
  const write = async () => {
    while (next < total) {
      const first = next
      next += options.eventsPerBatch
      const numbers = Array.from({ length: options.eventsPerBatch }, (_, i) => first + i)
      const log = numbers.map((number) => ({ channel: CHANNEL, body: Buffer.from(String(number)) }))
      const result = await writer.store.commit({ log, durable: false })
      if (!result.committed) throw new Error('a batch was refused')
    }
  }
  await Promise.all(Array.from({ length: COMMITS_AT_ONCE }, write))
  const cuts = await cutting.stop()
  await until(() => seen.size === total)
  t.ok(cuts >= 5, `${cuts} cuts`)
  t.equal(seen.size, total, 'no event is missing')
  t.equal([...seen.values()].filter((count) => count !== 1).length, 0, 'none came twice')
  t.equal(outOfOrder, 0)
  t.ok(await compactedRevision(etcdctl), 'etcd was compacted meanwhile')
}

function withCtl(etcd: Awaited<ReturnType<typeof startEtcd>>) {
  return { endpoints: etcd.endpoints, member: etcd.member, etcdctl: (...args: string[]) => etcd.etcdctl(...args) }
}

/** Every second time as soon as the follower has connected again, so that nothing has come yet. */
function cutAgainAndAgain(proxy: TcpProxy, everyMs: number): { readonly stop: () => Promise<number> } {
  let cuts = 0
  const stopping = new AbortController()
  const done = (async () => {
    while (!stopping.signal.aborted) {
      await realTime(everyMs)
      proxy.cutAll()
      cuts++
      await until(() => proxy.connectionCount > 0 || stopping.signal.aborted)
      proxy.cutAll()
      cuts++
    }
  })()
  const stop = async () => {
    stopping.abort()
    await done
    return cuts
  }
  return { stop }
}

/** Whether the first revision is gone. */
async function compactedRevision(etcdctl: (...args: string[]) => Promise<string>): Promise<boolean> {
  return etcdctl('get', '/drumbeat/epoch', '--rev=2').then(
    () => false,
    (error: unknown) => String(error).includes('compacted'),
  )
}
