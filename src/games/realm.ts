/**
 * Whether a callback of a game runs now, and which. Callbacks are synchronous, so a flag is enough: what would make a room differ from its
 * replay (chance, clocks, timers) is refused while it is set, and is free to everybody else. The guards themselves stand in realm-guards.ts:
 * hosts use them, and so do the tests of authors.
 */
let running: string | undefined

/** Is told when a callback begins and when it has ended. */
export interface RealmObserver {
  enter(callback: string): void
  leave(): void
}

let observer: RealmObserver | undefined

/** There is one; undefined: nobody is told any more. */
export function observeRealm(next: RealmObserver | undefined): void {
  observer = next
}

/** Runs a callback of a game. `callback` names it in what a guard throws. */
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

/** The callback that runs now; undefined: none does. */
export function runningCallback(): string | undefined {
  return running
}
