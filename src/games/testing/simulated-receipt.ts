import type { Receipt } from '../../protocol/shapes/shop.ts'

type Known = Partial<Receipt> & Pick<Receipt, 'user_id' | 'good_id' | 'committed_at'>

/** A receipt as a server gives it, but for the signature: by default of one of the good, for 1 gold. */
export function simulatedReceipt(ledgerEntry: number, known: Known): Receipt {
  const { count = 1, unit_price = 1 } = known
  return {
    purchase_id: `simulated.${ledgerEntry}`,
    count,
    unit_price,
    total: count * unit_price,
    currency: 'gold',
    balance: 0,
    stock_left: null,
    replayed: false,
    signature: 'simulated',
    ...known,
  }
}
