import { sign, verify, type KeyObject } from 'node:crypto'
import { receiptBytes } from '../protocol/receipt.ts'
import type { LedgerBeginning } from '../protocol/shapes/shop.ts'
import { decodeRecord, encodeRecord } from '../store/json-records.ts'
import type { Guard, Store } from '../store/store.ts'

const KEY = 'meta/ledger-beginning'

/**
 * Where the ledger begins if old batches were deleted. Each such deletion writes it in its transaction, so that whoever verifies
 * the ledger later knows what is missing on purpose.
 */
export interface StoredBeginning {
  /** Null if nothing was ever deleted. */
  readonly beginning: LedgerBeginning | null
  readonly guard: Guard
}

export async function readBeginning(store: Pick<Store, 'get'>): Promise<StoredBeginning> {
  const [stored] = await store.get([KEY])
  return {
    beginning: stored ? (decodeRecord(stored) as LedgerBeginning) : null,
    guard: { key: KEY, revision: stored?.revision ?? 0 },
  }
}

/** @param signingKey PEM of the key that signs receipts */
export function putBeginning(beginning: Omit<LedgerBeginning, 'signature'>, signingKey: string) {
  const signature = sign(null, receiptBytes(beginning), signingKey).toString('base64url')
  return { key: KEY, value: encodeRecord({ ...beginning, signature } satisfies LedgerBeginning) }
}

export function isSigned({ signature, ...beginning }: LedgerBeginning, keys: readonly KeyObject[]): boolean {
  const bytes = receiptBytes(beginning)
  return keys.some((key) => verify(null, bytes, key, Buffer.from(signature, 'base64url')))
}
