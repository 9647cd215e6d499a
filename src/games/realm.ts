/**
 * Whether a callback of a game runs now, and which. Callbacks are synchronous, so a flag is enough: what would make a room differ from its
 * replay (chance, clocks, timers) is refused while it is set, and is free to everybody else. The guards themselves stand in realm-guards.ts:
 * hosts use them, and so do the tests of authors.
 */
let running: string | undefined

/** Runs a callback of a game. `callback` names it in what a guard throws. */
export function inRealm<Result>(callback: string, run: () => Result): Result {
  const before = running
  running = callback
  try {
    return run()
  } finally {
    running = before
  }
}

/** The callback that runs now; undefined: none does. */
export function runningCallback(): string | undefined {
  return running
}
