import { createPrivateKey, createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { open } from 'lmdb'
import { PurchaseChecker, type Attempt, type Shop } from './purchase-checker.ts'

const REVISION_BYTES = 8

/** What is wrong with the purchases in a data folder whose server has ended, read from LMDB itself. */
export async function checkLmdb(
  dataDir: string,
  attempts: readonly Attempt[],
  shop: Shop,
  signatures = 1,
): Promise<readonly string[]> {
  const publicKey = createPublicKey(createPrivateKey(readFileSync(join(dataDir, 'receipt-key.pem'))))
  const checker = new PurchaseChecker(shop, [publicKey], signatures)
  await readLmdb(dataDir, (key, value, revision) => checker.addRecord(key, value, revision))
  return checker.check(attempts)
}

/** Every record of a data folder whose server has ended, in the order of their keys. */
export async function readLmdb(
  dataDir: string,
  onRecord: (key: string, value: Uint8Array, revision: number) => void,
): Promise<void> {
  const root = open({ path: join(dataDir, 'records'), readOnly: true })
  try {
    const records = root.openDB<Buffer, string>({ name: 'records', encoding: 'binary' })
    for (const { key, value } of records.getRange()) {
      onRecord(key, value.subarray(REVISION_BYTES), value.readDoubleBE(0))
    }
  } finally {
    await root.close()
  }
}
