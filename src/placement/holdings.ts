/** What a player owns, as a new seat is given it. */
export interface Holdings {
  /** Counts by the ids of goods. */
  readonly inventory: Readonly<Record<string, number>>
  /** The last entry of the player's ledger that it has; 0: none. */
  readonly ledgerEntry: number
}

/**
 * The goods that the player has at least one of, up to so many kinds, in the order in which they were bought first.
 * @param onCut is called with how many kinds there are if these are too many
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
