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
  const root = open({ path: join(dataDir, 'records'), readOnly: true })
  try {
    const records = root.openDB<Buffer, string>({ name: 'records', encoding: 'binary' })
    for (const { key, value } of records.getRange()) {
      checker.addRecord(key, value.subarray(REVISION_BYTES), value.readDoubleBE(0))
    }
    return checker.check(attempts)
  } finally {
    await root.close()
  }
}
