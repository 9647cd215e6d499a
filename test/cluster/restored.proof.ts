import t from 'tap'
import { restoreUnderNodes, type Restore } from '../e2e/cluster/restore-etcd.ts'
import { skipWithout } from '../helpers/etcd.ts'

const RESTORES: readonly (Restore & { readonly name: string })[] = [
  { name: 'into the same members', deleteEpoch: true },
  { name: 'into the same members, and the epoch is forgotten' },
  { name: 'into other members', asOthers: true },
]

for (const restore of RESTORES) {
  t.test(`etcd restored ${restore.name} under nodes that run: nothing acknowledged is lost`, skipWithout('3.5'), (t) =>
    restoreUnderNodes(t, restore),
  )
}
