/** Is told what runs, so that somebody outside of this thread can say so if it does not end. */
export interface CallbackWatch {
  /** Callbacks that follow are of this room, in this tick. */
  room(handle: number, game: string, tick: number): void
  enter(callback: string): void
  leave(): void
}

/** Of a host that nobody watches. */
export const NO_WATCH: CallbackWatch = { room: () => {}, enter: () => {}, leave: () => {} }
