import { collectGarbage, readHeap } from '../base/heap.ts'
import type { Log } from '../base/log.ts'
import type { Sweeper } from '../session/sweep.ts'

export interface HeapWatchOptions {
  readonly sweeper: Pick<Sweeper, 'waitingBytes' | 'relieve'>
  readonly log: Log
  readonly read?: typeof readHeap
  readonly collect?: () => void
}

/**
 * Shares of the heap. If more than SHARE_MAX is used, garbage included, garbage is collected. If more than SHARE_LEFT is used
 * after that, slow readers are closed.
 */
const SHARE_MAX = 0.7
const SHARE_LEFT = 0.5
/**
 * A share of the heap. If slow readers hold less than this, something else fills the heap, and V8 collects what it can by itself.
 */
const WAITING_SHARE_MIN = 0.05

/**
 * Closes slow readers before a worker's heap is full. What waits for them is in the heap, which has its own limit, however much
 * memory the machine has.
 */
export class HeapWatch {
  readonly #options: HeapWatchOptions

  constructor(options: HeapWatchOptions) {
    this.#options = options
  }

  /** Call this several times a second. */
  look(): void {
    const { sweeper, log, read = readHeap, collect = collectGarbage } = this.#options
    const { usedBytes, limitBytes } = read()
    if (usedBytes < limitBytes * SHARE_MAX || sweeper.waitingBytes < limitBytes * WAITING_SHARE_MIN) return
    collect()
    const share = read().usedBytes / limitBytes
    if (share < SHARE_LEFT) return
    log.warn({ share }, 'the heap is nearly full: closing the slowest readers')
    sweeper.relieve()
  }
}
