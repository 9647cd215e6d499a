const FIRST_BYTES = 4096
/** A buffer that grew larger than this is not kept for the next patch. */
const KEPT_BYTES_MAX = 1 << 20

/** A buffer that grows as it is written. */
export class ByteWriter {
  length = 0
  #bytes = new Uint8Array(FIRST_BYTES)
  #view = new DataView(this.#bytes.buffer)

  /** Returns a copy of what was written, and starts again from nothing. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.length)
    this.clear()
    return taken
  }

  clear(): void {
    this.length = 0
    if (this.#bytes.length > KEPT_BYTES_MAX) this.#resize(FIRST_BYTES)
  }

  byte(value: number): void {
    if (this.length === this.#bytes.length) this.#resize(2 * this.length)
    this.#bytes[this.length++] = value
  }

  twoBytes(first: number, second: number): void {
    if (this.length + 2 > this.#bytes.length) this.#resize(2 * this.#bytes.length)
    this.#bytes[this.length] = first
    this.#bytes[this.length + 1] = second
    this.length += 2
  }

  /**
   * Writes an unsigned number up to 2^32 - 1: 7 bits per byte, the lowest first. The highest bit says that another byte follows.
   */
  varint(value: number): void {
    let rest = value
    while (rest > 127) {
      this.byte((rest & 127) | 128)
      rest = Math.floor(rest / 128)
    }
    this.byte(rest)
  }

  /** Unsigned, little-endian. */
  fixedWidth(value: number, width: number): void {
    let rest = value
    for (let i = 0; i < width; i++) {
      this.byte(rest & 255)
      rest = Math.floor(rest / 256)
    }
  }

  float32(value: number): void {
    this.#room(4)
    this.#view.setFloat32(this.length, value, true)
    this.length += 4
  }

  float64(value: number): void {
    this.#room(8)
    this.#view.setFloat64(this.length, value, true)
    this.length += 8
  }

  bytes(value: Uint8Array): void {
    this.#room(value.length)
    this.#bytes.set(value, this.length)
    this.length += value.length
  }

  /** Writes the length in bytes, then the UTF-8. */
  text(value: string): void {
    const start = this.length
    this.varint(value.length)
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i)
      if (unit > 127) return this.#utf8(start, value)
      this.byte(unit)
    }
  }

  #utf8(start: number, value: string): void {
    const bytes = new TextEncoder().encode(value)
    this.length = start
    this.varint(bytes.length)
    this.bytes(bytes)
  }

  /** Reserves a byte for a varint that is not known yet. `fill` writes it. */
  reserve(): number {
    this.byte(0)
    return this.length - 1
  }

  /** Writes a reserved varint. Moves what follows if the varint needs more than one byte. */
  fill(at: number, value: number): void {
    if (value > 127) {
      const end = this.length
      this.varint(value)
      const more = this.length - end - 1
      const head = this.#bytes.slice(end, this.length)
      this.#bytes.copyWithin(at + 1 + more, at + 1, end)
      this.#bytes.set(head, at)
      this.length = end + more
    } else this.#bytes[at] = value
  }

  #room(bytes: number): void {
    if (this.length + bytes > this.#bytes.length) this.#resize(Math.max(2 * this.#bytes.length, this.length + bytes))
  }

  #resize(size: number): void {
    const bytes = new Uint8Array(size)
    bytes.set(this.#bytes.subarray(0, this.length))
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer)
  }
}
