/** The places in the memory that a host shares with its watcher thread: 32-bit integers. */
export const CELL = {
  /** Counts up when a callback begins and when it ends: odd while one runs. */
  sequence: 0,
  handle: 1,
  tick: 2,
  /** Numbers of names that the thread was sent. */
  game: 3,
  callback: 4,
  /** 1: the thread wants to know what the heap has. It is told when a room has its turn. */
  heapWanted: 5,
  /** KiB that the heap had then, and the process. */
  heapKib: 6,
  residentKib: 7,
} as const

export const CELLS_BYTES = Object.keys(CELL).length * Int32Array.BYTES_PER_ELEMENT

export interface WatcherData {
  readonly cells: Int32Array
  /** Where it says what it has seen. */
  readonly fd: number
  readonly budgetMs: number
  readonly heapBytesMax: number
}

/** A name that was not used before. */
export interface WatcherName {
  readonly number: number
  readonly name: string
}
