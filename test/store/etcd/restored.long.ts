import t, { type Test } from 'tap'
import type { Channel } from '../../../src/protocol/ids.ts'
import { decodeLane } from '../../../src/store/etcd/lane-codec.ts'
import { OutcomeUnknown, StoreUnavailable, type Store } from '../../../src/store/store.ts'
import { seeded } from '../../../bench/ledger/workload.ts'
import { openTestNode } from '../../helpers/etcd-node.ts'
import { toFollower } from '../../helpers/follower.ts'
import { MemoryEtcd } from '../../helpers/memory-etcd.ts'
import { until } from '../../helpers/until.ts'

const CHANNEL = 'n/private' as Channel
const EPOCH = '/drumbeat/epoch'
const SEEDS = Array.from({ length: 20 }, (_, i) => i + 1)

interface TestNode {
  readonly store: Store
  readonly lost: string[]
}

async function openNode(t: Test, etcd: MemoryEtcd, node: string): Promise<TestNode> {
  const lost: string[] = []
  const options = { endpoints: ['memory'], node, openMember: etcd.open, onLost: (why: string) => void lost.push(why) }
  const { store } = await openTestNode(t, options)
  await store.follow(toFollower(() => {}))
  return { store, lost }
}

async function commit({ store }: TestNode, text: string): Promise<'done' | 'not done' | 'unknown'> {
  const log = [{ channel: CHANNEL, body: Buffer.from(JSON.stringify(text)) }]
  try {
    const { committed } = await store.commit({ log, durable: false })
    return committed ? 'done' : 'not done'
  } catch (cause) {
    if (cause instanceof StoreUnavailable) return 'not done'
    if (cause instanceof OutcomeUnknown) return 'unknown'
    throw cause
  }
}

/** How etcd may come back; each gives what nodes have to say of it. */
const RESTORES: readonly { readonly name: string; readonly back: (etcd: MemoryEtcd, lostRevisions: number) => void }[] =
  [
    { name: 'and nothing else', back: () => {} },
    { name: 'and its epoch is deleted', back: (etcd) => etcd.delete(EPOCH) },
    { name: 'and its epoch is another', back: (etcd) => etcd.put(EPOCH, 'another') },
    { name: 'as other members', back: (etcd) => void (etcd.clusterId = '2') },
    {
      name: 'and others wrote more than was lost before a node looked',
      back: (etcd, lost) => {
        for (let i = 0; i <= lost; i++) etcd.put('/drumbeat/live/log/another/0', 'none')
      },
    },
  ]

for (const { name, back } of RESTORES) {
  t.test(`etcd is restored under nodes that run, ${name}: every node says that it is lost`, async (t) => {
    const etcd = new MemoryEtcd(seeded(1))
    const nodes = [await openNode(t, etcd, 'n1'), await openNode(t, etcd, 'n2')]
    for (const node of nodes) t.equal(await commit(node, 'before the snapshot'), 'done')
    const snapshot = etcd.snapshot()
    for (const node of nodes) t.equal(await commit(node, 'after the snapshot'), 'done')
    const lostRevisions = etcd.revision - snapshot.revision
    const epoch = etcd.readAll(EPOCH)[0]?.value.toString()
    etcd.restore(snapshot)
    back(etcd, lostRevisions)
    for (const node of nodes) t.not(await commit(node, 'after the restore'), 'done')
    await until(() => nodes.every(({ lost }) => lost.length > 0))
    for (const { lost } of nodes) {
      t.equal(lost.length, 1, 'said once')
      t.match(lost[0], /: etcd was restored, or is another one$/)
    }
    if (etcd.clusterId === '1')
      t.not(etcd.readAll(EPOCH)[0]?.value.toString(), epoch, 'and no cursor of before is good')
  })
}

t.test('a node that does nothing notices it by its own heartbeat', async (t) => {
  const etcd = new MemoryEtcd(seeded(2))
  const node = await openNode(t, etcd, 'n1')
  const snapshot = etcd.snapshot()
  t.equal(await commit(node, 'after the snapshot'), 'done')
  etcd.restore(snapshot)
  await until(() => node.lost.length > 0)
  t.equal(node.lost.length, 1)
})

t.test('a lease that ran out in an etcd that was not restored is no reason to give up', async (t) => {
  const etcd = new MemoryEtcd(seeded(3))
  const node = await openNode(t, etcd, 'n1')
  t.equal(await commit(node, 'before'), 'done')
  await etcd.open('memory').leaseRevoke('1', 1_000)
  await until(async () => (await commit(node, 'after')) === 'done')
  t.strictSame(node.lost, [])
})

t.test('whatever is acknowledged after a restore stands in the restored log', async (t) => {
  for (const seed of SEEDS) await restoreUnderLoad(t, seed)
})

/** Several writers on each node; the restore comes at some moment between their steps. */
async function restoreUnderLoad(t: Test, seed: number): Promise<void> {
  const fraction = seeded(seed)
  const etcd = new MemoryEtcd(fraction)
  const nodes = await Promise.all(['n1', 'n2', 'n3'].map((name) => openNode(t, etcd, name)))
  const acknowledged: string[] = []
  const told: string[] = []
  const watched = etcd.open('memory')
  const range = { key: Buffer.from('/drumbeat/live/'), range_end: Buffer.from('/drumbeat/live0'), fromRevision: 1 }
  let isRestored = false
  const write = async (node: TestNode, name: string) => {
    for (let i = 0; node.lost.length === 0 && i < 60; i++) {
      const text = `${name}, ${i}, ${isRestored ? 'after' : 'before'}`
      if ((await commit(node, text)) === 'done' && text.endsWith('after')) acknowledged.push(text)
    }
  }
  const writers = nodes.flatMap((node, n) => [0, 1, 2].map((w) => write(node, `node ${n}, writer ${w}`)))
  const commits = (many: number) => until(() => etcd.revision > many)
  await commits(20 + fraction() * 20)
  const snapshot = etcd.snapshot()
  await commits(snapshot.revision + 1 + fraction() * 40)
  const { back } = RESTORES[Math.floor(fraction() * RESTORES.length)] ?? {}
  const lostRevisions = etcd.revision - snapshot.revision
  etcd.restore(snapshot)
  isRestored = true
  await watched.watch(range, {
    onResponse: ({ events }) => {
      for (const { kv } of events) if (kv.key.includes('/log/n')) told.push(...bodiesOf(kv.value))
    },
    onEnd: () => {},
  })
  back?.(etcd, lostRevisions)
  await Promise.all(writers)
  await until(() => nodes.every(({ lost }) => lost.length === 1))
  t.ok(
    nodes.every(({ lost }) => lost.length === 1),
    `seed ${seed}: every node is lost`,
  )
  t.strictSame(
    acknowledged.filter((text) => !told.includes(text)),
    [],
    `seed ${seed}`,
  )
  const fresh = await openNode(t, etcd, 'n4')
  t.equal(await commit(fresh, 'by a new node'), 'done', `seed ${seed}: and a node that starts now works`)
}

function bodiesOf(value: Buffer): readonly string[] {
  return decodeLane(value).records.map(({ body }) => String(JSON.parse(Buffer.from(body).toString())))
}
