import { once } from 'node:events'
import { getHeapStatistics } from 'node:v8'
import { Worker } from 'node:worker_threads'
import { besideUrl } from '../base/beside.ts'
import type { CallbackWatch } from './watch.ts'
import { CELL, CELLS_BYTES, type WatcherData, type WatcherName } from './watcher-cells.ts'

const KIB = 1024

export interface WatchOptions {
  /** The file descriptor to which the thread writes which callback did not end, as a line of JSON, see `Culprit`. */
  readonly fd: number
  /** How long a callback may run. */
  readonly budgetMs: number
  /** The limit of V8's old generation. */
  readonly heapBytesMax: number
}

/**
 * Starts a thread that ends this process if a callback does not end, because the main thread cannot do that itself then. If
 * memory gets short, the thread writes which callback runs, because V8 ends the process without a word.
 */
export async function openWatch({ fd, budgetMs, heapBytesMax }: WatchOptions): Promise<CallbackWatch> {
  const cells = new Int32Array(new SharedArrayBuffer(CELLS_BYTES))
  const workerData: WatcherData = { cells, fd, budgetMs, heapBytesMax }
  const thread = new Worker(besideUrl('./watcher-thread', import.meta.url), { workerData })
  // Without the thread, nothing ends a game that loops.
  thread.on('error', (error) => {
    throw error
  })
  // Wait for the thread's own message: `online` is emitted before its code is loaded.
  await once(thread, 'message')
  thread.unref()
  return createWatch(cells, (name) => thread.postMessage(name))
}

/** Costs little: before and after a callback a write to shared memory, and about 40 times a second a look at the heap. */
function createWatch(cells: Int32Array, send: (name: WatcherName) => void): CallbackWatch {
  const numbers = new Map<string, number>()
  const numberOf = (name: string): number => {
    let number = numbers.get(name)
    if (number === undefined) {
      numbers.set(name, (number = numbers.size))
      send({ number, name })
    }
    return number
  }
  // Callbacks do not call each other, but a validator may run inside of one.
  let depth = 0
  return {
    room: (handle, game, tick) => {
      cells[CELL.handle] = handle
      cells[CELL.game] = numberOf(game)
      cells[CELL.tick] = tick
      if (cells[CELL.heapWanted] === 1) {
        cells[CELL.heapKib] = getHeapStatistics().total_heap_size / KIB
        cells[CELL.residentKib] = process.memoryUsage.rss() / KIB
        cells[CELL.heapWanted] = 0
      }
    },
    enter: (callback) => {
      if (depth++ > 0) return
      cells[CELL.callback] = numberOf(callback)
      Atomics.add(cells, CELL.sequence, 1)
    },
    leave: () => {
      if (--depth === 0) Atomics.add(cells, CELL.sequence, 1)
    },
  }
}
