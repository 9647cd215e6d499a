import t, { type Test } from 'tap'
import { openTestNode } from '../helpers/etcd-node.ts'
import { skipWithout, startEtcd, type EtcdVersion } from '../helpers/etcd.ts'
import { storeContract } from './store-contract.ts'

for (const version of ['3.4', '3.5'] as const) {
  t.test(`the store over etcd ${version} keeps the contract`, skipWithout(version), (t) => keepsContract(t, version))
}

async function keepsContract(t: Test, version: EtcdVersion): Promise<void> {
  const { endpoints } = await startEtcd(t, { version })
  let stores = 0
  storeContract(t, async (t) => {
    const { store } = await openTestNode(t, { endpoints, prefix: `/store-${++stores}/` })
    return store
  })
}
