/** Names that one node has at a time, over an etcd in memory. */
import t, { type Test } from 'tap'
import type { Cluster } from '../../../src/store/cluster.ts'
import type { Member } from '../../../src/store/etcd/etcd3.ts'
import { OutcomeUnknown } from '../../../src/store/store.ts'
import { openTestNode } from '../../helpers/etcd-node.ts'
import { toFollower } from '../../helpers/follower.ts'
import { MemoryEtcd } from '../../helpers/memory-etcd.ts'
import { until } from '../../helpers/until.ts'

const OWNERS = '/drumbeat/live/owners/'
const bytes = (text: string) => Buffer.from(text)

interface Node {
  readonly cluster: Cluster
  /** What it knows of each name: node and value. */
  readonly known: Map<string, string>
  readonly lost: string[]
}

async function openNode(t: Test, node: string, openMember: (endpoint: string) => Member): Promise<Node> {
  const { store, cluster } = await openTestNode(t, { endpoints: [node], node, openMember })
  await store.follow(toFollower(() => {}))
  const known = new Map<string, string>()
  const lost: string[] = []
  await cluster.follow({
    onShard: () => {},
    onNodeGone: () => {},
    onTakenForDead: () => {},
    onClaim(name, claim) {
      if (claim) known.set(name, `${claim.node} ${Buffer.from(claim.value).toString()}`)
      else known.delete(name)
    },
    onClaimLost: (name) => void lost.push(name),
  })
  return { cluster, known, lost }
}

const openEtcd = () => new MemoryEtcd(() => 0.5)

t.test('a name that is given up before it was claimed is never claimed', async (t) => {
  const etcd = openEtcd()
  const [one, two] = [await openNode(t, 'n1', etcd.open), await openNode(t, 'n2', etcd.open)]
  const [kept, given] = [one.cluster.claim('a', bytes('1')), one.cluster.claim('b', bytes('2'))]
  one.cluster.release('b')
  t.strictSame(await Promise.all([kept, given]), [true, false])
  t.equal(await two.cluster.claim('b', bytes('3')), true)
})

t.test('of all nodes one has a name, until it gives it up', async (t) => {
  const etcd = openEtcd()
  const [one, two] = [await openNode(t, 'n1', etcd.open), await openNode(t, 'n2', etcd.open)]
  const claimed = await Promise.all([one.cluster.claim('a', bytes('1')), two.cluster.claim('a', bytes('2'))])
  t.ok(claimed.includes(true) && claimed.includes(false))
  const [owner, other] = claimed[0] ? [one, two] : [two, one]
  await other.cluster.catchUp()
  t.match(other.known.get('a'), owner.cluster.node)
  other.cluster.release('a')
  await other.cluster.catchUp()
  t.equal(await other.cluster.claim('a', bytes('3')), false, 'what is not its own it cannot give up')
  owner.cluster.restate('a', bytes('4'))
  owner.cluster.restate('a', bytes('5'))
  t.ok(await until(() => other.known.get('a') === `${owner.cluster.node} 5`))
  owner.cluster.release('a')
  t.ok(await until(() => !other.known.has('a')))
  t.equal(await other.cluster.claim('a', bytes('6')), true)
  owner.cluster.restate('a', bytes('7'))
  await owner.cluster.catchUp()
  t.equal(owner.known.get('a'), `${other.cluster.node} 6`)
  const late = await openNode(t, 'n3', etcd.open)
  t.equal(late.known.get('a'), `${other.cluster.node} 6`, 'a node that starts is told of it')
})

t.test('many names are claimed at once, and one that is taken keeps no other back', async (t) => {
  const etcd = openEtcd()
  const [one, two] = [await openNode(t, 'n1', etcd.open), await openNode(t, 'n2', etcd.open)]
  t.equal(await two.cluster.claim('r7', bytes('')), true)
  const before = etcd.revision
  const names = Array.from({ length: 120 }, (_, i) => `r${i}`)
  const claimed = await Promise.all(names.map((name) => one.cluster.claim(name, bytes(name))))
  t.strictSame(
    names.filter((_, i) => claimed[i] !== true),
    ['r7'],
  )
  t.ok(etcd.revision - before <= 10, `${etcd.revision - before} transactions`)
  for (const name of names) one.cluster.release(name)
  t.ok(await until(() => etcd.readAll(OWNERS).length === 1))
})

t.test("a claim whose answer is lost is nobody's in the end, or the node's own if it asks again", async (t) => {
  const etcd = openEtcd()
  let isSilent = false
  const deaf = (endpoint: string): Member => {
    const member = etcd.open(endpoint)
    const txn: Member['txn'] = async (request, withinMs) => {
      const answer = await member.txn(request, withinMs)
      if (isSilent) throw new Error('4 DEADLINE_EXCEEDED: Deadline exceeded')
      return answer
    }
    return { ...member, txn }
  }
  const one = await openNode(t, 'n1', deaf)
  isSilent = true
  const lost = t.rejects(one.cluster.claim('a', bytes('1')), OutcomeUnknown)
  await lost
  isSilent = false
  t.ok(await until(() => etcd.readAll(OWNERS).length === 0), 'given up')
  isSilent = true
  await t.rejects(one.cluster.claim('b', bytes('1')))
  isSilent = false
  t.equal(await one.cluster.claim('b', bytes('2')), true)
  t.ok(await until(() => one.known.get('b') === 'n1 2'))
  const two = await openNode(t, 'n2', etcd.open)
  t.equal(await two.cluster.claim('c', bytes('3')), true)
  isSilent = true
  await t.rejects(one.cluster.claim('c', bytes('4')))
  isSilent = false
  // Behind what it gives up of that.
  t.equal(await one.cluster.claim('d', bytes('5')), true)
  one.cluster.release('d')
  t.ok(await until(() => !one.known.has('d')))
  t.strictSame(
    [...one.known],
    [
      ['b', 'n1 2'],
      ['c', 'n2 3'],
    ],
  )
})

t.test('a node whose lease ran out claims its names again, but for those that another one has', async (t) => {
  const etcd = openEtcd()
  const [one, two] = [await openNode(t, 'n1', etcd.open), await openNode(t, 'n2', etcd.open)]
  for (const name of ['a', 'b']) t.equal(await one.cluster.claim(name, bytes(name)), true)
  etcd.expire('/drumbeat/live/nodes/n1')
  t.equal(await two.cluster.claim('b', bytes('mine')), true)
  t.ok(await until(() => one.lost.length > 0 && two.known.has('a')))
  t.strictSame(one.lost, ['b'])
  t.strictSame(
    [...two.known],
    [
      ['b', 'n2 mine'],
      ['a', 'n1 a'],
    ],
  )
  one.cluster.release('b')
  one.cluster.release('a')
  t.ok(await until(() => !two.known.has('a')))
  t.equal(two.known.get('b'), 'n2 mine')
})
