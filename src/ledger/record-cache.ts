/** A record as it was last seen or written. `revision` 0: there is none. */
export interface CachedRecord {
  readonly value: Uint8Array | null
  readonly revision: number
}

/**
 * Records that were read or written lately. They may be old where somebody else writes, too: whoever uses one guards it by
 * its revision, and forgets what did not hold.
 */
export class RecordCache {
  readonly #bytesMax: number
  /** The one used longest ago first. */
  readonly #records = new Map<string, CachedRecord>()
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get(key: string): CachedRecord | undefined {
    const record = this.#records.get(key)
    if (!record) return undefined
    this.#records.delete(key)
    this.#records.set(key, record)
    return record
  }

  /** The value is copied: it may be a view of something larger. */
  set(key: string, { value, revision }: CachedRecord): void {
    this.forget(key)
    const record = { value: value && Uint8Array.prototype.slice.call(value), revision }
    this.#records.set(key, record)
    this.#bytes += cost(key, record)
    for (const [oldest] of this.#records) {
      if (this.#bytes <= this.#bytesMax) return
      this.forget(oldest)
    }
  }

  clear(): void {
    this.#records.clear()
    this.#bytes = 0
  }

  forget(key: string): void {
    const record = this.#records.get(key)
    if (!record) return
    this.#records.delete(key)
    this.#bytes -= cost(key, record)
  }
}

/** Objects, place in the map and a buffer of its own, estimated. */
const OVERHEAD_BYTES = 250

function cost(key: string, { value }: CachedRecord): number {
  return key.length + (value?.length ?? 0) + OVERHEAD_BYTES
}
