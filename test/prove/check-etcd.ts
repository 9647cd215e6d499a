import { createPublicKey } from 'node:crypto'
import type { TestEtcd } from '../helpers/etcd.ts'
import { PurchaseChecker, type Attempt, type Shop } from './purchase-checker.ts'

const RECORDS = '/drumbeat/records/'

/** What is wrong with the purchases of a cluster with the prefix /drumbeat/, as etcdctl reads its records. */
export async function checkEtcd(
  etcd: TestEtcd,
  attempts: readonly Attempt[],
  shop: Shop,
  signatures = 1,
): Promise<readonly string[]> {
  const output = await etcd.etcdctl('get', RECORDS, '--prefix', '-w', 'json')
  const { kvs = [] } = JSON.parse(output) as { kvs?: { key: string; value: string; mod_revision: number }[] }
  const records = kvs.map(({ key, value, mod_revision }) => ({
    key: Buffer.from(key, 'base64').toString().slice(RECORDS.length),
    value: Buffer.from(value, 'base64'),
    revision: mod_revision,
  }))
  const signingKey = records.find(({ key }) => key === 'meta/receipt-key')
  if (!signingKey) throw new Error('the store has no key that signs receipts')
  const checker = new PurchaseChecker(shop, [createPublicKey(signingKey.value.toString())], signatures)
  for (const { key, value, revision } of records) checker.addRecord(key, value, revision)
  return checker.check(attempts)
}
