import { seeded } from '../../../bench/ledger/workload.ts'
import type { Random } from '../../../src/base/random.ts'

/** Random numbers that a seed repeats. */
export interface Chance {
  /** In [0, 1). */
  fraction(): number
  /** Returns true with this probability. */
  happens(share: number): boolean
  /** An integer from `from` to `to`, both included. */
  integer(from: number, to: number): number
  /** One of the items. There must be at least one. */
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

/**
 * The server's port of random numbers. Ids count up, so that two runs with one seed make the same ids.
 * @param node of several in one process: each has ids of its own
 */
export function createRandom(chance: Chance, node?: string): Random {
  let made = 0
  const first = node === undefined ? '' : Buffer.from(node).toString('hex').slice(0, 4)
  const next = () => first + (++made).toString(16).padStart(12 - first.length, '0')
  return {
    fraction: () => chance.fraction(),
    uuid: () => `00000000-0000-7000-8000-${next()}`,
    token: () => `token-----${next()}`,
  }
}
