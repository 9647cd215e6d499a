import type { Place } from '../protocol/frame-front.ts'
import type { PlacedEvent } from '../protocol/placed-event.ts'
import type { LogRecord } from '../store/store.ts'
import { placeEvent, type Room } from './pack-event.ts'

const SLAB_BYTES = 64 * 1024

/**
 * Packs events into slabs in the order in which they come and are dropped. The body of an incoming event is a view of a larger,
 * shared buffer and would keep all of that in memory: 60,000 events of 308 bytes took 109 MB that way, and take 19 MB packed.
 */
export class Slabs {
  #slab = Buffer.allocUnsafeSlow(0)
  #used = 0

  place(record: LogRecord, place: Place): PlacedEvent {
    return placeEvent(record, place, this.#take)
  }

  readonly #take = (bytes: number): Room => {
    if (this.#used + bytes > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, bytes))
      this.#used = 0
    }
    const start = this.#used
    this.#used += bytes
    return { target: this.#slab, start }
  }
}
