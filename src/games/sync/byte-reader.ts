const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Reads bytes one after the other. Every method throws if too few are left. */
export class ByteReader {
  readonly view: DataView
  at = 0

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset + at, end - at)
  }

  byte(): number {
    return this.view.getUint8(this.at++)
  }

  varint(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte()
      value += (byte & 127) * scale
      if (value >= 2 ** 32) throw new RangeError('a number of more than 32 bits')
      if (byte < 128) return value
    }
  }

  /** Unsigned, little-endian. */
  fixedWidth(width: number): number {
    let value = 0
    for (let i = 0; i < width; i++) value += this.byte() * 256 ** i
    return value
  }

  float(isSingle: boolean): number {
    const { view, at } = this
    this.at += isSingle ? 4 : 8
    return isSingle ? view.getFloat32(at, true) : view.getFloat64(at, true)
  }

  take(count: number): Uint8Array {
    const bytes = new Uint8Array(this.view.buffer, this.view.byteOffset + this.at, count)
    this.at += count
    if (this.at > this.view.byteLength) throw new RangeError('too few bytes')
    return bytes
  }

  text(): string {
    return utf8.decode(this.take(this.varint()))
  }
}
