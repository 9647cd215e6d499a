/** Who buys what. It follows from a seed, so it is the same for each program. */
export interface LedgerLoad {
  /** `uniform`: any of the goods. `hot`: always the same one. */
  readonly kind: 'uniform' | 'hot'
  readonly goods: number
  readonly players: number
  readonly underWay: number
  /** The rate of an open loop. Null: as fast as it goes. */
  readonly perSecond: number | null
  readonly warmupSeconds: number
  readonly seconds: number
}

export const FUNDS = 1_000_000_000
export const STOCK = 1_000_000_000
export const PRICE = 7
export const CURRENCY = 'gold'

/** mulberry32: numbers in [0, 1), the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

export const goodId = (i: number): string => `good-${i}`
export const playerId = (i: number): string => `player-${i}`

/** Returns a function that makes the next purchase. */
export function createOrders({
  kind,
  goods,
  players,
}: LedgerLoad): () => { readonly user: string; readonly good: string } {
  const fraction = seeded(1)
  return () => ({
    user: playerId(Math.floor(fraction() * players)),
    good: goodId(kind === 'hot' ? 0 : Math.floor(fraction() * goods)),
  })
}

export interface LedgerResult {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** CPU time of the program for each purchase. */
  readonly cpuUs: number
  /** Further figures, such as conflicts and batch sizes. */
  readonly notes: Readonly<Record<string, number>>
}
