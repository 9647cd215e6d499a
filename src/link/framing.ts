import { decodeMsgpack, encodeMsgpack } from '../protocol/msgpack.ts'

/** A frame on the link: 4 bytes of length (big-endian), then a msgpack array of messages. */
const LENGTH_BYTES = 4
/** Longer ones are a defect of the other side: a batch of events is far below. */
const FRAME_BYTES_MAX = 256 * 1024 * 1024

export function encodeLinkFrame(messages: readonly unknown[]): Uint8Array {
  const content = encodeMsgpack(messages)
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + content.length)
  frame.writeUInt32BE(content.length, 0)
  frame.set(content, LENGTH_BYTES)
  return frame
}

/** Cuts a stream of chunks into frames. */
export class LinkDecoder {
  #chunks: Buffer[] = []
  #bytes = 0
  /** Bytes of the frame that is coming, with its length; 0 until that is known. */
  #needed = LENGTH_BYTES

  /** The messages of the frames that this chunk completes, in order. */
  push(chunk: Buffer): unknown[] {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    const messages: unknown[] = []
    while (this.#bytes >= this.#needed) {
      const buffer = this.#chunks.length === 1 && this.#chunks[0] ? this.#chunks[0] : Buffer.concat(this.#chunks)
      const end = LENGTH_BYTES + buffer.readUInt32BE(0)
      if (end > FRAME_BYTES_MAX) throw new Error(`a link frame of ${end} bytes`)
      this.#chunks = [buffer]
      this.#needed = end
      if (buffer.length < end) break
      // One by one: a spread call puts all of them on the stack, and a frame can hold more than fit there.
      for (const message of decodeMsgpack(buffer.subarray(LENGTH_BYTES, end)) as unknown[]) messages.push(message)
      this.#chunks = [buffer.subarray(end)]
      this.#bytes = buffer.length - end
      this.#needed = LENGTH_BYTES
    }
    return messages
  }
}
