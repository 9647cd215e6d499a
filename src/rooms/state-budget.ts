import type { Channel } from '../protocol/ids.ts'

export interface StateBudgetOptions {
  readonly bytesMax: number
  /** Of one who retains. */
  readonly bytesPerOwnerMax: number
  readonly statesPerOwnerMax: number
}

/** What a state takes beside its bytes, here and in the store: so a budget of bytes is one of states, too. */
export const STATE_OVERHEAD_BYTES = 256

interface Kept {
  readonly bytes: number
  /** Whoever put it; undefined if that is not known, or an operator. */
  readonly owner: string | undefined
}

interface Owned {
  bytes: number
  states: number
}

/** Why a state is not taken: all have taken all there is, or its owner all that one may. */
export type Full = 'all' | 'owner'

/**
 * What all retained states may take together, and those of one who retains: any player may retain one in each room it makes by
 * joining, and a store that is full of them takes nothing else. Counted by each node, by what it found at its start, what it
 * put, and what the log says that others have put.
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

  /** What is there already counts, whatever it is. */
  note(channel: Channel, bytes: number): void {
    this.#put(channel, { bytes: bytes + STATE_OVERHEAD_BYTES, owner: this.#kept.get(channel)?.owner })
  }

  forget(channel: Channel): void {
    const before = this.#kept.get(channel)
    if (before === undefined || !this.#kept.delete(channel)) return
    this.#count(before, -1)
  }

  /** Takes the place for a state, and returns what gives it back if the state is not put; or why there is no place. */
  take(channel: Channel, bytes: number, owner: string | undefined): (() => void) | Full {
    const before = this.#kept.get(channel)
    const kept = { bytes: bytes + STATE_OVERHEAD_BYTES, owner }
    const isLarger = kept.bytes > (before?.bytes ?? 0)
    if (isLarger && this.#total - (before?.bytes ?? 0) + kept.bytes > this.#options.bytesMax) return 'all'
    if (this.#isOverOwn(kept, before)) return 'owner'
    this.#put(channel, kept)
    return () => {
      // Another one may have been put meanwhile.
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
