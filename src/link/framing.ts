import { decodeMsgpack, encodeMsgpack } from '../protocol/msgpack.ts'

/**
 * A frame on the link begins with 4 bytes of length (big-endian). Their two highest bits give the kind of content: a msgpack
 * array of messages (0), a block of events (1), or a block of a game host (2).
 */
const HEAD_BYTES = 4
const KINDS = ['messages', 'events', 'game'] as const
/** The number of a kind is multiplied by this. */
const KIND_UNIT = 2 ** 30
/** A longer frame means that the other side has a defect. Batches of events are far shorter. */
const FRAME_BYTES_MAX = 256 * 1024 * 1024

export type FrameKind = (typeof KINDS)[number]
export type BlockKind = Exclude<FrameKind, 'messages'>

/** A frame that is not a message. Its bytes are passed on as they are. See `event-block.ts` and `game-block.ts`. */
export class Block {
  readonly kind: BlockKind
  readonly bytes: Buffer

  constructor(kind: BlockKind, bytes: Buffer) {
    this.kind = kind
    this.bytes = bytes
  }
}

/** Encodes the head of a frame with `length` bytes of content. */
export function encodeHead(kind: FrameKind, length: number): Buffer {
  const head = Buffer.allocUnsafe(HEAD_BYTES)
  head.writeUInt32BE(KINDS.indexOf(kind) * KIND_UNIT + length, 0)
  return head
}

export function encodeMessages(messages: readonly unknown[]): Uint8Array {
  const content = encodeMsgpack(messages)
  return Buffer.concat([encodeHead('messages', content.length), content])
}

/** Cuts a stream of chunks into frames. */
export class LinkDecoder {
  #chunks: Buffer[] = []
  #bytes = 0
  /** The bytes of the frame that is being received, with its head. Until the head is known, the bytes of a head. */
  #needed = HEAD_BYTES

  /** Returns, in order, the messages and blocks of all frames that this chunk completes. */
  push(chunk: Buffer): unknown[] {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    const items: unknown[] = []
    while (this.#bytes >= this.#needed) {
      const buffer = this.#chunks.length === 1 && this.#chunks[0] ? this.#chunks[0] : Buffer.concat(this.#chunks)
      const head = buffer.readUInt32BE(0)
      const kind = KINDS[Math.floor(head / KIND_UNIT)]
      const end = HEAD_BYTES + (head % KIND_UNIT)
      if (kind === undefined) throw new Error('a link frame of an unknown kind')
      if (end > FRAME_BYTES_MAX) throw new Error(`a link frame of ${end} bytes`)
      this.#chunks = [buffer]
      this.#needed = end
      if (buffer.length < end) break
      const content = buffer.subarray(HEAD_BYTES, end)
      if (kind !== 'messages') items.push(new Block(kind, content))
      // Pushed one by one, because a spread call puts all of them on the stack, and a frame can hold more than fit there.
      else for (const message of decodeMsgpack(content) as unknown[]) items.push(message)
      this.#chunks = [buffer.subarray(end)]
      this.#bytes = buffer.length - end
      this.#needed = HEAD_BYTES
    }
    return items
  }
}
