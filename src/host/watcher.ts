import { once } from 'node:events'
import { getHeapStatistics } from 'node:v8'
import { Worker } from 'node:worker_threads'
import { besideUrl } from '../base/beside.ts'
import type { CallbackWatch } from './watch.ts'
import { CELL, CELLS_BYTES, type WatcherData, type WatcherName } from './watcher-cells.ts'

const KIB = 1024

export interface WatchOptions {
  /** Where the thread says which callback did not end, in a line of JSON: see `Culprit`. */
  readonly fd: number
  /** How long a callback may run. */
  readonly budgetMs: number
  /** What V8 was told that its old generation may have. */
  readonly heapBytesMax: number
}

/**
 * A thread that ends this process if a callback does not end: the main thread cannot do that itself then. If the memory gets short it says which
 * callback runs, for V8 ends the process without a word.
 */
export async function openWatch({ fd, budgetMs, heapBytesMax }: WatchOptions): Promise<CallbackWatch> {
  const cells = new Int32Array(new SharedArrayBuffer(CELLS_BYTES))
  const workerData: WatcherData = { cells, fd, budgetMs, heapBytesMax }
  const thread = new Worker(besideUrl('./watcher-thread', import.meta.url), { workerData })
  // Without it nothing ends a game that loops.
  thread.on('error', (error) => {
    throw error
  })
  // It says so when it looks: `online` comes before its code is loaded.
  await once(thread, 'message')
  thread.unref()
  return createWatch(cells, (name) => thread.postMessage(name))
}

/** Before and after a callback there is nothing but a write to shared memory, and some 40 times a second a look at the heap. */
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
  // Callbacks do not call each other, but a validator may be asked inside of one.
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
