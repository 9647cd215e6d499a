import type { LedgerBeginning, Receipt } from './shapes/shop.ts'

/**
 * The bytes that the signature of a receipt, or of a ledger's beginning, covers: UTF-8 of the JSON object of all fields except
 * `signature` and `replayed`, with sorted keys and no white space. That is RFC 8785, as all values are strings, integers or null.
 */
export function receiptBytes(
  receipt: Omit<Receipt, 'signature' | 'replayed'> | Omit<LedgerBeginning, 'signature'>,
): Uint8Array {
  const signed = Object.entries(receipt).filter(([key]) => key !== 'signature' && key !== 'replayed')
  signed.sort(([a], [b]) => (a < b ? -1 : 1))
  return new TextEncoder().encode(JSON.stringify(Object.fromEntries(signed)))
}
