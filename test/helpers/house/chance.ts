import { seeded } from '../../../bench/ledger/workload.ts'
import type { Random } from '../../../src/base/random.ts'

/** Chance that a seed repeats. */
export interface Chance {
  /** In [0, 1). */
  fraction(): number
  /** True in this share of the cases. */
  happens(share: number): boolean
  /** An integer from `from` to `to`, both included. */
  integer(from: number, to: number): number
  /** One of them; they may not be empty. */
  pick<T>(items: readonly T[]): T
}

export function createChance(seed: number): Chance {
  const fraction = seeded(seed)
  return {
    fraction,
    happens: (share) => fraction() < share,
    integer: (from, to) => from + Math.floor(fraction() * (to - from + 1)),
    pick: (items) => items[Math.floor(fraction() * items.length)] as (typeof items)[number],
  }
}

/** The server's port of chance. Ids count up, so that two runs of one seed make the same. */
export function createRandom(chance: Chance): Random {
  let made = 0
  const next = () => (++made).toString(16).padStart(12, '0')
  return {
    fraction: () => chance.fraction(),
    uuid: () => `00000000-0000-7000-8000-${next()}`,
    token: () => `token-----${next()}`,
  }
}
