/**
 * The name of the game's callback that is running. Callbacks are synchronous, so one variable is enough. While it is set,
 * everything is refused that could make a room differ from its replay (random numbers, clocks, timers); other code may use it.
 * The guards are in realm-guards.ts: hosts use them, and so do authors' tests.
 */
let running: string | undefined

/** Is told when a callback begins and when it has ended. */
export interface RealmObserver {
  enter(callback: string): void
  leave(): void
}

let observer: RealmObserver | undefined

/** Sets the only observer. Undefined removes it. */
export function observeRealm(next: RealmObserver | undefined): void {
  observer = next
}

/** Runs a callback of a game. Guards name it as `callback` in their errors. */
export function inRealm<Result>(callback: string, run: () => Result): Result {
  const before = running
  running = callback
  observer?.enter(callback)
  try {
    return run()
  } finally {
    running = before
    observer?.leave()
  }
}

/** The callback that is running. Undefined if none is. */
export function runningCallback(): string | undefined {
  return running
}
