/** A record as it was last read or written. `revision` is 0 if there is none. */
export interface CachedRecord {
  readonly value: Uint8Array | null
  readonly revision: number
}

/**
 * Records that were read or written lately. They may be outdated if another node writes, too. So a transaction must guard each
 * one that it uses by its revision, and forget it after a conflict.
 */
export class RecordCache {
  readonly #bytesMax: number
  /** The one that was used longest ago comes first. */
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

  /** Copies the value, because it may be a view of a larger buffer. */
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

/** Estimated: the objects, the place in the map and the buffer. */
const OVERHEAD_BYTES = 250

function cost(key: string, { value }: CachedRecord): number {
  return key.length + (value?.length ?? 0) + OVERHEAD_BYTES
}
