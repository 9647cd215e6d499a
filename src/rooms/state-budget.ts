import type { Channel } from '../protocol/ids.ts'

export interface StateBudgetOptions {
  readonly bytesMax: number
  /** For one owner. */
  readonly bytesPerOwnerMax: number
  readonly statesPerOwnerMax: number
}

/** What a state takes beside its own bytes, in memory and in the store. So a budget of bytes also bounds the number of states. */
export const STATE_OVERHEAD_BYTES = 256

interface Kept {
  readonly bytes: number
  /** The user who put it. Undefined if that is not known, or if it was an operator. */
  readonly owner: string | undefined
}

interface Owned {
  bytes: number
  states: number
}

/** Why a state is refused: all states together, or those of its owner, have used up the budget. */
export type Full = 'all' | 'owner'

/**
 * Bounds how much all retained states take, and how much those of one owner. Without it any player could retain a state in each
 * room that it creates by joining, until the store is full. Each node counts the states that it found at its start, that it put
 * itself, and that the log says other nodes have put.
 */
export class StateBudget {
  readonly #options: StateBudgetOptions
  readonly #kept = new Map<Channel, Kept>()
  readonly #owners = new Map<string, Owned>()
  #total = 0

  constructor(options: StateBudgetOptions) {
    this.#options = options
  }

  get bytes(): number {
    return this.#total
  }

  get states(): number {
    return this.#kept.size
  }

  has(channel: Channel): boolean {
    return this.#kept.has(channel)
  }

  /** Counts a state that exists, even if it is over the budget. */
  note(channel: Channel, bytes: number): void {
    this.#put(channel, { bytes: bytes + STATE_OVERHEAD_BYTES, owner: this.#kept.get(channel)?.owner })
  }

  forget(channel: Channel): void {
    const before = this.#kept.get(channel)
    if (before === undefined || !this.#kept.delete(channel)) return
    this.#count(before, -1)
  }

  /**
   * Reserves room for a state. Returns a function that gives it back if the state is not put. Returns why if there is no room.
   */
  take(channel: Channel, bytes: number, owner: string | undefined): (() => void) | Full {
    const before = this.#kept.get(channel)
    const kept = { bytes: bytes + STATE_OVERHEAD_BYTES, owner }
    const isLarger = kept.bytes > (before?.bytes ?? 0)
    if (isLarger && this.#total - (before?.bytes ?? 0) + kept.bytes > this.#options.bytesMax) return 'all'
    if (this.#isOverOwn(kept, before)) return 'owner'
    this.#put(channel, kept)
    return () => {
      // Another state may have been put meanwhile.
      if (this.#kept.get(channel) !== kept) return
      if (before === undefined) this.forget(channel)
      else this.#put(channel, before)
    }
  }

  #isOverOwn({ bytes, owner }: Kept, before: Kept | undefined): boolean {
    if (owner === undefined) return false
    const { bytesPerOwnerMax, statesPerOwnerMax } = this.#options
    const own = this.#owners.get(owner)
    const isOwn = before !== undefined && before.owner === owner
    if (isOwn) return bytes > before.bytes && (own?.bytes ?? 0) - before.bytes + bytes > bytesPerOwnerMax
    return (own?.states ?? 0) >= statesPerOwnerMax || (own?.bytes ?? 0) + bytes > bytesPerOwnerMax
  }

  #put(channel: Channel, kept: Kept): void {
    const before = this.#kept.get(channel)
    if (before) this.#count(before, -1)
    this.#kept.set(channel, kept)
    this.#count(kept, 1)
  }

  #count({ bytes, owner }: Kept, change: 1 | -1): void {
    this.#total += change * bytes
    if (owner === undefined) return
    const own = this.#owners.get(owner) ?? { bytes: 0, states: 0 }
    own.bytes += change * bytes
    own.states += change
    if (own.states === 0) this.#owners.delete(owner)
    else this.#owners.set(owner, own)
  }
}
