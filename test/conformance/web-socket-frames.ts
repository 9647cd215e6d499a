/** RFC 6455 section 5.2, as far as a proxy needs it: what was sent in one write or in several, frame by frame. */
export interface RawFrame {
  /** 1: text, 2: binary, 8: close, 9: ping, 10: pong */
  readonly opcode: number
  readonly payload: Buffer
  /** As it came. */
  readonly bytes: Buffer
}

export class FrameReader {
  #rest: Buffer = Buffer.alloc(0)

  push(chunk: Buffer): readonly RawFrame[] {
    this.#rest = Buffer.concat([this.#rest, chunk])
    const frames: RawFrame[] = []
    for (;;) {
      const frame = readFrame(this.#rest)
      if (!frame) return frames
      frames.push(frame)
      this.#rest = this.#rest.subarray(frame.bytes.length)
    }
  }
}

/** The first frame; undefined where it is not whole. */
function readFrame(bytes: Buffer): RawFrame | undefined {
  if (bytes.length < 2) return undefined
  const [first = 0, second = 0] = bytes
  const short = second & 0x7f
  let at = short === 126 ? 4 : short === 127 ? 10 : 2
  if (bytes.length < at) return undefined
  const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short
  const mask = (second & 0x80) === 0 ? undefined : bytes.subarray(at, at + 4)
  if (mask) at += 4
  if (bytes.length < at + length) return undefined
  const payload = Buffer.from(bytes.subarray(at, at + length))
  if (mask) for (const [i, byte] of payload.entries()) payload[i] = byte ^ (mask[i % 4] ?? 0)
  return { opcode: first & 0x0f, payload, bytes: bytes.subarray(0, at + length) }
}

/** One whole frame of a server: not masked. */
export function writeFrame(opcode: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(payload.length < 126 ? 2 : payload.length < 65_536 ? 4 : 10)
  head[0] = 0x80 | opcode
  head[1] = head.length === 2 ? payload.length : head.length === 4 ? 126 : 127
  if (head.length === 4) head.writeUInt16BE(payload.length, 2)
  if (head.length === 10) head.writeBigUInt64BE(BigInt(payload.length), 2)
  return Buffer.concat([head, payload])
}
