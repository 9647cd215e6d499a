/** Each item begins with its length, these bytes included. 0 means that the rest of the buffer is not used. */
const LENGTH_BYTES = 4

/** The place of an item's bytes in the buffer. */
export interface ItemPlace {
  readonly at: number
  readonly bytes: number
}

/**
 * Keeps items of bytes in one buffer, in which new items overwrite the oldest. So many items can be kept without work for the
 * garbage collector, and the memory is bounded.
 */
export class ByteRing {
  readonly #size: number
  #view: DataView<ArrayBuffer> | undefined
  /** Where the oldest item begins, and where the newest ends. They keep counting when the buffer wraps around. */
  #start = 0
  #end = 0

  /**
   * The buffer is allocated when the first item comes.
   * @param size in bytes
   */
  constructor(size: number) {
    this.#size = size
  }

  get view(): DataView<ArrayBuffer> {
    return (this.#view ??= new DataView(new ArrayBuffer(this.#size)))
  }

  /** Makes room for an item. Returns where in `view` to write its bytes, or undefined if it is larger than the buffer. */
  add(bytes: number): number | undefined {
    const whole = LENGTH_BYTES + bytes
    if (whole > this.#size) return undefined
    const left = this.#size - (this.#end % this.#size)
    const unused = whole > left ? left : 0
    const end = this.#end + unused + whole
    while (this.#start < this.#end && end - this.#start > this.#size) this.#start = this.#behind(this.#start)
    if (unused >= LENGTH_BYTES) this.view.setUint32(this.#end % this.#size, 0)
    if (this.#start === this.#end) this.#start += unused
    const at = (this.#end + unused) % this.#size
    this.view.setUint32(at, whole)
    this.#end = end
    return at + LENGTH_BYTES
  }

  /** Returns the items, the oldest first. */
  items(): readonly ItemPlace[] {
    const items: ItemPlace[] = []
    for (let place = this.#start; place < this.#end; place = this.#behind(place)) {
      const at = place % this.#size
      items.push({ at: at + LENGTH_BYTES, bytes: this.view.getUint32(at) - LENGTH_BYTES })
    }
    return items
  }

  /** Returns where the next item begins, or the end. */
  #behind(place: number): number {
    const next = place + this.view.getUint32(place % this.#size)
    if (next >= this.#end) return next
    const left = this.#size - (next % this.#size)
    const isUnused = left < LENGTH_BYTES || this.view.getUint32(next % this.#size) === 0
    return isUnused ? next + left : next
  }
}
