import { collectGarbage, readHeap } from '../base/heap.ts'
import type { Log } from '../base/log.ts'
import type { Sweeper } from '../session/sweep.ts'

export interface HeapWatchOptions {
  readonly sweeper: Pick<Sweeper, 'waitingBytes' | 'relieve'>
  readonly log: Log
  readonly read?: typeof readHeap
  readonly collect?: () => void
}

/** Of the heap: where there is so much, garbage included, it is collected; and what may be left then before slow readers are closed. */
const SHARE_MAX = 0.7
const SHARE_LEFT = 0.5
/** Of the heap: where less waits for slow readers, it is full of something else, and V8 collects by itself what can be. */
const WAITING_SHARE_MIN = 0.05

/** What waits for slow readers lies in a worker's heap, which has a limit of its own, whatever memory there is. */
export class HeapWatch {
  readonly #options: HeapWatchOptions

  constructor(options: HeapWatchOptions) {
    this.#options = options
  }

  /** To be asked several times a second. */
  look(): void {
    const { sweeper, log, read = readHeap, collect = collectGarbage } = this.#options
    const { usedBytes, limitBytes } = read()
    if (usedBytes < limitBytes * SHARE_MAX || sweeper.waitingBytes < limitBytes * WAITING_SHARE_MIN) return
    collect()
    const share = read().usedBytes / limitBytes
    if (share < SHARE_LEFT) return
    log.warn({ share }, 'the heap is nearly full: the slowest readers are closed')
    sweeper.relieve()
  }
}
