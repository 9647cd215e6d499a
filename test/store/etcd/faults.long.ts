import t from 'tap'
import type { Channel } from '../../../src/protocol/ids.ts'
import { OutcomeUnknown, StoreUnavailable, type LogBatch } from '../../../src/store/store.ts'
import { openTestNode } from '../../helpers/etcd-node.ts'
import { skipWithout, startEtcd } from '../../helpers/etcd.ts'
import { toFollower } from '../../helpers/follower.ts'
import { promisedMs } from '../../helpers/promised.ts'
import { startProxy } from '../../helpers/tcp-proxy.ts'
import { until } from '../../helpers/until.ts'
import { followUnderFaults } from './follow-under-faults.ts'

const CHANNEL = 'n/private' as Channel
const record = (text: string) => ({ channel: CHANNEL, body: Buffer.from(JSON.stringify(text)) })

t.test('a follower that is cut off while etcd is compacted gets each event once', skipWithout('3.5'), (t) =>
  followUnderFaults(t, { revisions: 1_000, eventsPerBatch: 100, cutEveryMs: 150 }),
)

t.test('a transaction whose answer is lost is settled: done once, or not at all', skipWithout('3.5'), async (t) => {
  const { endpoints, member } = await startEtcd(t)
  const proxy = await startProxy(t, Number(new URL(member.endpoint).port))
  const { store } = await openTestNode(t, { endpoints: [proxy.endpoint] })
  const direct = await openTestNode(t, { endpoints, node: 'n2' })
  const seen: string[] = []
  await direct.store.follow(
    toFollower(({ records }) =>
      seen.push(...records.map(({ body }) => String(JSON.parse(Buffer.from(body).toString())))),
    ),
  )
  let cuts = 0
  proxy.onClientBytes = (chunk, connection) => {
    // Of those that carry a transaction.
    if (chunk.length < 200 || Math.random() > 0.15) return
    cuts++
    connection.cut(Math.random() < 0.7)
  }
  const answers = new Map<string, 'done' | 'not done' | 'unknown'>()
  for (let i = 0; i < 400; i++) {
    const name = `event ${i}`
    const answer = await store.commit({ log: [record(name)], durable: false }).then(
      () => 'done' as const,
      (error: unknown) => {
        if (error instanceof StoreUnavailable) return 'not done' as const
        if (error instanceof OutcomeUnknown) return 'unknown' as const
        throw error
      },
    )
    answers.set(name, answer)
  }
  proxy.onClientBytes = undefined
  await until(() => [...answers].every(([name, answer]) => answer !== 'done' || seen.includes(name)))
  t.ok(cuts > 20, `${cuts} cuts`)
  const times = (name: string) => seen.filter((one) => one === name).length
  t.strictSame(
    [...answers].filter(([name, answer]) => answer === 'done' && times(name) !== 1),
    [],
  )
  t.strictSame(
    [...answers].filter(([name, answer]) => answer === 'not done' && times(name) !== 0),
    [],
  )
  t.strictSame(
    [...answers].filter(([name]) => times(name) > 1),
    [],
  )
  const done = [...answers.values()].filter((answer) => answer === 'done').length
  t.ok(done > 380, `${done} of 400 were answered as done`)
})

t.test('what a node no longer holds is read from the history of etcd', skipWithout('3.5'), async (t) => {
  const { endpoints } = await startEtcd(t)
  const { store } = await openTestNode(t, { endpoints })
  const offsets: number[] = []
  for (let i = 0; i < 50; i++) {
    const result = await store.commit({ log: [record(`event ${i}`)], durable: false })
    if (result.committed) offsets.push(result.offset)
  }
  await store.follow(toFollower(() => {}))
  const batches: LogBatch[] = []
  const range = { after: offsets[9] ?? 0, upTo: offsets[39] ?? 0 }
  t.ok(await store.history(range, (batch) => batches.push(batch)))
  const behind = batches.map(({ offset }) => offset).filter((offset) => offset > range.after)
  t.strictSame(behind, offsets.slice(10, 40))
})

t.test('history that etcd was made to forget is said to be gone', skipWithout('3.5'), async (t) => {
  const etcd = await startEtcd(t)
  const { store } = await openTestNode(t, { endpoints: etcd.endpoints, mayCompact: false })
  const first = await store.commit({ log: [record('first')], durable: false })
  await store.follow(toFollower(() => {}))
  const last = await store.commit({ log: [record('last')], durable: false })
  if (!first.committed || !last.committed) throw new Error('both are committed')
  await etcd.etcdctl('compact', String(Math.floor(last.offset / 4096)))
  t.notOk(await store.history({ after: first.offset - 1, upTo: last.offset }, () => {}))
})

t.test('a node that etcd was compacted under has lost its place', skipWithout('3.5'), async (t) => {
  const etcd = await startEtcd(t)
  const proxy = await startProxy(t, Number(new URL(etcd.member.endpoint).port))
  const reasons: string[] = []
  const reader = await openTestNode(t, { endpoints: [proxy.endpoint], node: 'n2', onLost: (why) => reasons.push(why) })
  await reader.store.follow(toFollower(() => {}))
  const writer = await openTestNode(t, { endpoints: etcd.endpoints, mayCompact: false })
  proxy.refuse(true)
  proxy.cutAll()
  let offset = 0
  for (let i = 0; i < 20; i++) {
    const result = await writer.store.commit({ log: [record(`event ${i}`)], durable: false })
    if (result.committed) ({ offset } = result)
  }
  await etcd.etcdctl('compact', String(Math.floor(offset / 4096)))
  proxy.refuse(false)
  t.ok(await until(() => reasons.length > 0))
  t.match(reasons[0], /^etcd was compacted up to revision \d+, and this node is at \d+$/)
})

t.test('a frozen endpoint is left for the next one, its silence noticed', skipWithout('3.5'), async (t) => {
  const etcd = await startEtcd(t, { members: 3 })
  const [one, ...others] = etcd.members
  if (!one) throw new Error('three members were started')
  const leader = await etcd.leader()
  const frozen = others.find((member) => member !== leader) ?? one
  const rest = etcd.endpoints.filter((endpoint) => endpoint !== frozen.endpoint)
  const reader = await openTestNode(t, { endpoints: [frozen.endpoint, ...rest], node: 'n2' })
  const writer = await openTestNode(t, { endpoints: rest })
  const seen: LogBatch[] = []
  await reader.store.follow(toFollower((batch) => seen.push(batch)))
  frozen.stop()
  const startedMs = performance.now()
  await writer.store.commit({ log: [record('while it is frozen')], durable: false })
  t.ok(await until(() => seen.length === 1))
  promisedMs(t, performance.now() - startedMs, 3_000, 'its silence was noticed')
  const result = await reader.store.commit({ log: [record('from the other')], durable: false })
  t.ok(result.committed)
  frozen.cont()
})
