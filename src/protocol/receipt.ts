import type { LedgerBeginning, Receipt } from './shapes/shop.ts'

/**
 * What the signature of a receipt, or of a ledger's beginning, covers: UTF-8 of the JSON object of all fields but `signature` and `replayed`, keys sorted,
 * no white space (RFC 8785, as all values are strings, integers or null).
 */
export function receiptBytes(
  receipt: Omit<Receipt, 'signature' | 'replayed'> | Omit<LedgerBeginning, 'signature'>,
): Uint8Array {
  const signed = Object.entries(receipt).filter(([key]) => key !== 'signature' && key !== 'replayed')
  signed.sort(([a], [b]) => (a < b ? -1 : 1))
  return new TextEncoder().encode(JSON.stringify(Object.fromEntries(signed)))
}
