/** The indexes of the 32-bit integers in the memory that a host shares with its watcher thread. */
export const CELL = {
  /** Counts up when a callback begins and when it ends, so it is odd while one runs. */
  sequence: 0,
  handle: 1,
  tick: 2,
  /** `game` and `callback` are the numbers of names that were sent to the thread. */
  game: 3,
  callback: 4,
  /** 1 if the thread asks for the size of the heap. The host answers before it next runs callbacks of a room. */
  heapWanted: 5,
  /** The size of the heap at that time in KiB, and that of the process. */
  heapKib: 6,
  residentKib: 7,
} as const

export const CELLS_BYTES = Object.keys(CELL).length * Int32Array.BYTES_PER_ELEMENT

export interface WatcherData {
  readonly cells: Int32Array
  /** The file descriptor to which the thread writes what it has seen. */
  readonly fd: number
  readonly budgetMs: number
  readonly heapBytesMax: number
}

/** A name and its number, sent before the number is first used. */
export interface WatcherName {
  readonly number: number
  readonly name: string
}
