/** Is told which callback runs, so that a callback that does not end can be named from outside of this thread. */
export interface CallbackWatch {
  /** Says that the following callbacks are of this room, in this tick. */
  room(handle: number, game: string, tick: number): void
  enter(callback: string): void
  leave(): void
}

/** For a host without a watcher. */
export const NO_WATCH: CallbackWatch = { room: () => {}, enter: () => {}, leave: () => {} }
