import { encodeGameBlock, type BlockPatch, type JournalRecord } from '../link/game-block.ts'

/** A block that holds more is sent before the phase is over. */
const BLOCK_BYTES = 4 * 1024 * 1024

/** What leaves the host in one phase: the records of all rooms and their patches in one block, then what follows from them, in order. */
export class Outbound {
  readonly #send: (block: Buffer) => void
  #records: JournalRecord[] = []
  #patches: BlockPatch[] = []
  #bytes = 0
  #behind: (() => void)[] = []
  /** Bytes of all blocks so far. */
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

  /** Runs the action behind the block: replies, and all else that nobody may hear before the records are on their way. */
  behind(action: () => void): void {
    this.#behind.push(action)
  }

  /** To be called where a room's tick is complete. */
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
