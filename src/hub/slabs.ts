import { frameHead } from '../protocol/frame-head.ts'
import { frameLength, writeFrame } from './event-frame.ts'

const SLAB_BYTES = 64 * 1024

/**
 * Frames, packed into slabs in the order in which they come and are let go. A body, as it arrives, is a view of some
 * buffer that others share, and would keep all of that: 60,000 events of 308 bytes kept 109 MB, packed they keep 19.
 */
export class Slabs {
  #slab = Buffer.allocUnsafeSlow(0)
  #used = 0

  /** The frame of an event; see `writeFrame`. */
  frame(offset: number, prev: number, body: Uint8Array): Uint8Array {
    const head = frameHead(offset, prev)
    const length = frameLength(head, body)
    if (this.#used + length > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, length))
      this.#used = 0
    }
    const start = this.#used
    this.#used += length
    writeFrame(this.#slab, start, head, body)
    return this.#slab.subarray(start, this.#used)
  }
}
