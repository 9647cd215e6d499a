import { encodeGameBlock, type BlockPatch, type JournalRecord } from '../link/game-block.ts'

/** A block larger than this is sent before the phase is over. */
const BLOCK_BYTES = 4 * 1024 * 1024

/**
 * Collects what leaves the host in one phase: first a block with the records and patches of all rooms, then the actions that
 * depend on it, in order.
 */
export class Outbound {
  readonly #send: (block: Buffer) => void
  #records: JournalRecord[] = []
  #patches: BlockPatch[] = []
  #bytes = 0
  #behind: (() => void)[] = []
  /** The bytes of all blocks so far. */
  sentBytes = 0

  constructor(send: (block: Buffer) => void) {
    this.#send = send
  }

  record(record: JournalRecord): void {
    this.#records.push(record)
    this.#bytes += record.bytes.length
  }

  patch(patch: BlockPatch): void {
    this.#patches.push(patch)
    this.#bytes += patch.bytes.length
  }

  /**
   * Runs the action after the block was sent. For replies, and for everything that nobody may hear before the records are on
   * their way.
   */
  behind(action: () => void): void {
    this.#behind.push(action)
  }

  /** Call this when the tick of a room is complete. */
  flushIfLarge(): void {
    if (this.#bytes >= BLOCK_BYTES) this.flush()
  }

  flush(): void {
    if (this.#records.length > 0 || this.#patches.length > 0) {
      const block = encodeGameBlock({ records: this.#records, patches: this.#patches })
      this.#records = []
      this.#patches = []
      this.#bytes = 0
      this.sentBytes += block.length
      this.#send(block)
    }
    if (this.#behind.length === 0) return
    const actions = this.#behind
    this.#behind = []
    for (const action of actions) action()
  }
}
