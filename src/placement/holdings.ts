/** What a player owns when a new seat is made. */
export interface Holdings {
  /** How many the player has of each good, by its id. */
  readonly inventory: Readonly<Record<string, number>>
  /** The last entry of the player's ledger that is included, or 0 if there is none. */
  readonly ledgerEntry: number
}

/**
 * Keeps the goods of which the player has at least one: at most `max` of them, in the order of their first purchase.
 * @param onCut called with the number of goods if there are more than `max`
 */
export function withGoodsMax(
  { inventory, ledgerEntry }: Holdings,
  max: number,
  onCut: (goods: number) => void,
): Holdings {
  const owned = Object.entries(inventory).filter(([, count]) => count > 0)
  if (owned.length > max) onCut(owned.length)
  return { inventory: Object.fromEntries(owned.slice(0, max)), ledgerEntry }
}
