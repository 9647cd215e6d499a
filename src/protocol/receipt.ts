import type { Receipt } from './shapes/shop.ts'

/**
 * What a receipt's signature covers: UTF-8 of the JSON object of all fields but `signature` and `replayed`, keys sorted,
 * no white space (RFC 8785, as all values are strings, integers or null).
 */
export function receiptBytes(receipt: Omit<Receipt, 'signature' | 'replayed'>): Uint8Array {
  const signed = Object.entries(receipt).filter(([key]) => key !== 'signature' && key !== 'replayed')
  signed.sort(([a], [b]) => (a < b ? -1 : 1))
  return new TextEncoder().encode(JSON.stringify(Object.fromEntries(signed)))
}
