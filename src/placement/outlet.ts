import { toError } from '../base/assert.ts'
import { delay } from '../base/delay.ts'
import { Deque } from '../base/deque.ts'
import type { Journal, JournalEntry } from '../store/journal.ts'
import { isStoreFault } from '../store/store-refusal.ts'

export interface OutletOptions {
  readonly journal: Journal
  /** Called when the journal cannot be written. The write is repeated until it succeeds. */
  readonly onFault: (error: Error) => void
  /** How many bytes of blocks may wait. Blocks above that lose their patches, and clients that miss them ask for a snapshot. */
  readonly waitingBytesMax?: number
}

interface Item {
  readonly records: readonly JournalEntry[]
  readonly bytes: number
  readonly pass: (hasPatches: boolean) => void
  readonly hasPatches: boolean
  isCommitted: boolean
}

const RETRY_MS = 100
const WAITING_BYTES_MAX = 16 * 1024 * 1024

/**
 * Passes on what one host says, in its order: nothing is passed on before the records ahead of it are in the journal. If nothing
 * has to be waited for, everything is passed on at once.
 */
export class Outlet {
  readonly #options: OutletOptions
  readonly #items = new Deque<Item>()
  #waitingBytes = 0
  #isAdvancing = false

  constructor(options: OutletOptions) {
    this.#options = options
  }

  get waitingBytes(): number {
    return this.#waitingBytes
  }

  /** @param pass passes on the block; the patches are dropped if `hasPatches` is false */
  block(records: readonly JournalEntry[], bytes: number, pass: (hasPatches: boolean) => void): void {
    const hasPatches = this.#waitingBytes + bytes <= (this.#options.waitingBytesMax ?? WAITING_BYTES_MAX)
    this.#add({ records, bytes: hasPatches ? bytes : 0, pass, hasPatches, isCommitted: records.length === 0 })
  }

  /** Runs the action after all blocks so far were passed on. */
  pass(action: () => void): void {
    if (this.#items.length === 0) action()
    else this.#add({ records: [], bytes: 0, pass: action, hasPatches: true, isCommitted: true })
  }

  #add(item: Item): void {
    this.#items.push(item)
    this.#waitingBytes += item.bytes
    this.#advance()
  }

  #advance(): void {
    if (this.#isAdvancing) return
    this.#isAdvancing = true
    for (let item = this.#items.first(); item; item = this.#items.first()) {
      if (!item.isCommitted && !this.#commit(item)) return
      this.#items.shift()
      this.#waitingBytes -= item.bytes
      item.pass(item.hasPatches)
    }
    this.#isAdvancing = false
  }

  /** Returns whether the item is committed. If not, `#waitFor` goes on later. */
  #commit(item: Item): boolean {
    try {
      const pending = this.#options.journal.append(item.records)
      if (pending) void this.#waitFor(item, pending)
      else item.isCommitted = true
    } catch (cause) {
      void this.#waitFor(item, Promise.reject(toError(cause)))
    }
    return item.isCommitted
  }

  /** Throws any error that is no fault of the store, because it is a defect and must end the process. */
  async #waitFor(item: Item, pending: Promise<void>): Promise<void> {
    try {
      await pending
      item.isCommitted = true
    } catch (cause) {
      if (!isStoreFault(cause)) throw cause
      this.#options.onFault(cause)
      await delay(RETRY_MS)
    }
    this.#isAdvancing = false
    this.#advance()
  }
}
